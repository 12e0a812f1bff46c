//! Faults of declarations that do not give a function to call.

/// A message, and the lines that are shown below it: a place in a text, and notes.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) lines: Vec<String>,
}

/// The step that failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The text cannot be read.
    Unread(Message),
    /// The text is read, and does not give the function that is asked for.
    Unfound(Message),
}

impl Message {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), lines: Vec::new() }
    }
}

impl Fault {
    pub(crate) fn unfound(text: impl Into<String>) -> Self {
        Self::Unfound(Message::new(text))
    }

    pub(crate) fn message(&self) -> &Message {
        match self {
            Self::Unread(message) | Self::Unfound(message) => message,
        }
    }
}
