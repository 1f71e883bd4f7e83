//! Reads a file once from its beginning to its end, and says what it was.

use crate::runner::Stop;
use domain::Timestamp;
use security::digest::{self, Sm3};
use std::{
    fs::{File, Metadata},
    io::{self, BufRead, Read, Seek, SeekFrom},
    time::SystemTime,
};

const BUFFER: usize = 256 * 1024;

/// What tells a file from another that took its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// Bytes.
    pub(crate) length: u64,
    modified: Option<SystemTime>,
    file: u64,
}

impl Fingerprint {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok(), file: number(metadata) }
    }

    /// When the file was changed last, as far as the file system tells.
    pub(crate) fn changed(&self) -> Option<Timestamp> {
        self.modified.map(Timestamp::from)
    }
}

/// The file's number on its disk, where the system has one: a file that was renamed over another has its own.
#[cfg(unix)]
fn number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn number(_metadata: &Metadata) -> u64 {
    0
}

/// A reader that digests everything it passes on.
///
/// The first pass makes the SM3 that the flag file states; each pass makes a CRC-32C, by which a later pass knows that it
/// read the same bytes.
pub(crate) struct Metered<'a> {
    file: &'a mut File,
    stop: &'a dyn Stop,
    sm3: Option<Sm3>,
    crc: u32,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    read: u64,
    /// Why reading failed: a format's framing takes a failure for the end of the file.
    failure: Option<io::Error>,
    /// How the file must still stand for its bytes to be passed on.
    stands: Option<Fingerprint>,
    is_changed: bool,
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Content {
    /// SM3 in lower-case hexadecimal; empty where none was asked for.
    pub(crate) sm3: String,
    /// CRC-32C.
    pub(crate) crc: u32,
    /// Bytes.
    pub(crate) length: u64,
}

impl<'a> Metered<'a> {
    /// A first pass, with SM3.
    ///
    /// # Errors
    /// When the file cannot be set to its beginning.
    pub(crate) fn first(file: &'a mut File, stop: &'a dyn Stop) -> io::Result<Self> {
        Ok(Self { sm3: Some(Sm3::new()), ..Self::begin(file, stop)? })
    }

    /// A later pass, which passes nothing on of a file that no longer stands as it did: rows that are half of one file and half
    /// of another are nobody's.
    ///
    /// # Errors
    /// When the file cannot be set to its beginning.
    pub(crate) fn later(file: &'a mut File, stands: &Fingerprint, stop: &'a dyn Stop) -> io::Result<Self> {
        Ok(Self { stands: Some(stands.clone()), ..Self::begin(file, stop)? })
    }

    fn begin(file: &'a mut File, stop: &'a dyn Stop) -> io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        let buffer = vec![0; BUFFER];
        let (at, filled, read) = (0, 0, 0);
        Ok(Self {
            file,
            stop,
            sm3: None,
            crc: 0,
            buffer,
            at,
            filled,
            read,
            failure: None,
            stands: None,
            is_changed: false,
        })
    }

    /// Passes over the bytes before `byte`.
    ///
    /// # Errors
    /// When the file cannot be read, or ends before.
    pub(crate) fn skip_to(&mut self, byte: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.by_ref().take(byte), &mut io::sink())?;
        if skipped < byte { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Whether reading ended because the file is no longer what it was.
    pub(crate) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Why reading failed, if it did.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Reads to the end and says what the whole file was.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn finish(&mut self) -> io::Result<Content> {
        loop {
            let more = self.fill_buf()?.len();
            if more == 0 {
                break;
            }
            self.consume(more);
        }
        let sm3 = self.sm3.take().map(|sm3| digest::hex(&sm3.finish())).unwrap_or_default();
        Ok(Content { sm3, crc: self.crc, length: self.read })
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.stop.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        let filled = loop {
            match self.file.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        // Looked at behind the reading: a file that is written over is newer before its bytes are others.
        if let Some(stands) = &self.stands
            && Fingerprint::of(&self.file.metadata()?) != *stands
        {
            self.is_changed = true;
            return Err(io::Error::other("the file changed"));
        }
        let bytes = &self.buffer[..filled];
        self.crc = crc32c::crc32c_append(self.crc, bytes);
        if let Some(sm3) = &mut self.sm3 {
            sm3.update(bytes);
        }
        (self.at, self.filled) = (0, filled);
        self.read += filled as u64;
        Ok(())
    }
}

impl BufRead for Metered<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.filled
            && let Err(error) = self.fill()
        {
            self.failure = Some(io::Error::new(error.kind(), error.to_string()));
            return Err(error);
        }
        Ok(&self.buffer[self.at..self.filled])
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.filled);
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let taken = available.len().min(out.len());
        out[..taken].copy_from_slice(&available[..taken]);
        self.consume(taken);
        Ok(taken)
    }
}

/// The first bytes of a file, by which its kind is recognised.
pub(crate) fn head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(1024).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(head)
}

/// When a file was changed last, as far as the file system tells.
pub(crate) fn changed(file: &File) -> Option<Timestamp> {
    Some(file.metadata().ok()?.modified().ok()?.into())
}

/// A time of change as the stamp of a unit: milliseconds since 1970, fourteen digits.
pub(crate) fn stamp(changed: Option<Timestamp>) -> String {
    changed.map(|time| format!("{:014}", time.timestamp_millis().max(0))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    const GO_ON: fn() -> bool = || false;

    #[test]
    fn nothing_is_passed_on_of_a_file_that_is_written_over() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, vec![b'a'; 3 * BUFFER]).unwrap();
        let mut file = File::open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let stands = Fingerprint::of(&file.metadata().unwrap());
        let mut reader = Metered::later(&mut file, &stands, &GO_ON).unwrap();
        reader.skip_to(BUFFER as u64).unwrap();
        assert!(!reader.is_changed());
        fs::write(&path, vec![b'b'; 3 * BUFFER]).unwrap();
        assert!(reader.fill_buf().is_err());
        assert!(reader.is_changed() && reader.take_failure().is_some());
        assert!(reader.finish().is_err());
    }
}
