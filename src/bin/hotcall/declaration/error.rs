//! Errors of a text of declarations.

/// A message, and the lines that are shown below it: a place in a text, and notes.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) text: String,
    pub(crate) lines: Vec<String>,
}

/// The reason why a text does not give the function that is asked for.
#[derive(Debug)]
pub(crate) enum SourceError {
    /// The text cannot be read.
    Unreadable(Message),
    /// The text is read, and does not declare the function.
    NoFunction(Message),
}

impl Message {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), lines: Vec::new() }
    }
}

impl SourceError {
    pub(crate) fn no_function(text: impl Into<String>) -> Self {
        Self::NoFunction(Message::new(text))
    }

    /// The message after the name of the step that failed: one name for reading the text, one for finding the function.
    pub(crate) fn after_step(&self, reading: &str, finding: &str) -> String {
        match self {
            Self::Unreadable(message) => format!("{reading}{}", message.text),
            Self::NoFunction(message) => format!("{finding}{}", message.text),
        }
    }

    /// The lines that are shown below the message.
    pub(crate) fn lines(&self) -> &[String] {
        match self {
            Self::Unreadable(message) | Self::NoFunction(message) => &message.lines,
        }
    }
}
