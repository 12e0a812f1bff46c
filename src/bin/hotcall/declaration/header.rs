//! The text of header files: the preprocessor's output, or the files as they are, without a C compiler.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::declaration::error::Message;
use crate::declaration::source::Source;
use crate::text::quote::shorten_to;

/// The compiler, unless the environment's `CC` names another. It is also make's default.
const CC: &str = "cc";

/// Headers, and the options that find and preprocess them.
#[derive(clap::Args)]
pub(crate) struct HeaderArguments {
    /// A header to take the declarations from; may be given more than once
    #[arg(long = "header", value_name = "FILE")]
    files: Vec<OsString>,
    /// Look for headers in this directory too
    #[arg(short = 'I', value_name = "DIR", requires = "files")]
    directories: Vec<PathBuf>,
    /// Define a macro for the headers
    #[arg(short = 'D', value_name = "NAME[=VALUE]", requires = "files")]
    macros: Vec<String>,
}

impl HeaderArguments {
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The text of all headers, one behind the other.
    pub(crate) fn source(&self) -> Result<Source, Message> {
        let includes = self.includes()?;
        let chosen = env::var_os("CC").filter(|words| !words.is_empty());
        let compiler = chosen.as_deref().unwrap_or(CC.as_ref());
        match self.preprocess(&includes, compiler) {
            Ok(text) => text.map(Source::new),
            Err(error) if error.kind() == io::ErrorKind::NotFound && chosen.is_none() => self.read_as_they_are(),
            Err(error) => Err(Message::new(format!("cannot run the C compiler {}: {error}", compiler.display()))),
        }
    }

    /// Runs the compiler over a text that includes the headers. The compiler may be several words (`ccache gcc`). Its
    /// output keeps macros and line markers.
    fn preprocess(&self, includes: &[u8], compiler: &OsStr) -> io::Result<Result<String, Message>> {
        let words = compiler.to_string_lossy();
        let mut words = words.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or(CC));
        command.args(words).args(["-E", "-dD", "-x", "c"]);
        for directory in &self.directories {
            command.arg("-I").arg(directory);
        }
        for definition in &self.macros {
            command.arg("-D").arg(definition);
        }
        let mut child = command.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // A compiler that refuses its options ends without reading.
        let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(includes));
        let output = child.wait_with_output()?;
        if output.status.success() {
            written?;
            return Ok(Ok(String::from_utf8_lossy(&output.stdout).into_owned()));
        }
        let lines = String::from_utf8_lossy(&output.stderr);
        let lines = lines.lines().take(MAX_LINES).map(|line| shorten_to(MAX_LINE, line)).collect();
        let message = format!("the C compiler cannot preprocess the headers ({})", output.status);
        Ok(Err(Message { text: message, lines }))
    }

    /// A text that includes the headers.
    fn includes(&self) -> Result<Vec<u8>, Message> {
        let mut text = Vec::new();
        for file in &self.files {
            let name = file.as_encoded_bytes();
            if name.contains(&b'"') || name.contains(&b'\n') {
                let file = file.display();
                return Err(Message::new(format!("a header's name cannot hold quotes or line ends: {file}")));
            }
            text.extend(b"#include ");
            match searched(name) {
                Some(_) => text.extend(name),
                None => text.extend([b"\"", name, b"\""].concat()),
            }
            text.push(b'\n');
        }
        Ok(text)
    }

    /// The headers without preprocessing, after the macros' definitions, with line markers before each.
    fn read_as_they_are(&self) -> Result<Source, Message> {
        let mut text = String::new();
        for definition in &self.macros {
            let (name, value) = definition.split_once('=').unwrap_or((definition, "1"));
            text.push_str(&format!("#define {name} {value}\n"));
        }
        for file in &self.files {
            let path = self.find(file);
            let read = fs::read(&path)
                .map_err(|error| Message::new(format!("cannot read the header {}: {error}", path.display())))?;
            let name = path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
            text.push_str(&format!("# 1 \"{name}\"\n{}\n", String::from_utf8_lossy(&read)));
        }
        let note = "note: headers are read as they are, because the C compiler `cc` is not found; CC can name another";
        Ok(Source::with_note(text, note.to_owned()))
    }

    /// The first file of this name: at that path, in the given directories, or in the system's.
    fn find(&self, file: &OsStr) -> PathBuf {
        let name = searched(file.as_encoded_bytes());
        let name = name.and_then(|name| std::str::from_utf8(name).ok()).map_or(Path::new(file), Path::new);
        let here = (name.as_os_str() == file).then(|| name.to_owned());
        let system = ["/usr/local/include", "/usr/include"].map(Path::new);
        let directories = self.directories.iter().map(PathBuf::as_path).chain(system);
        let mut candidates = here.into_iter().chain(directories.map(|directory| directory.join(name)));
        candidates.find(|path| path.is_file()).unwrap_or_else(|| name.to_owned())
    }
}

/// The number of lines of the compiler's messages that are shown.
const MAX_LINES: usize = 12;

/// The number of characters of one such line that are shown.
const MAX_LINE: usize = 400;

/// The name between `<` and `>`, which is not looked for in the current directory.
fn searched(name: &[u8]) -> Option<&[u8]> {
    name.strip_prefix(b"<")?.strip_suffix(b">")
}
