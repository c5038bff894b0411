//! TLS of a WebSocket connection. Its owner task reads and any task that sends writes, as without TLS,
//! so rustls is driven by hand, under a lock.

use std::io::{self, IoSlice, Read, Write};

use parking_lot::Mutex;
use tokio_rustls::rustls::ServerConnection;

use crate::engine::raw_socket::RawSocket;

/// Plaintext that is encrypted before its ciphertext has to leave: one record. A client that stops
/// reading leaves no more than this in rustls.
const MAX_RECORD: usize = 16 * 1024;
/// Pieces of plaintext in one record.
const MAX_PIECES: usize = 32;

/// The state of a connection's TLS.
///
/// Bytes cannot be taken back once they are encrypted, and the kernel may refuse their ciphertext. The
/// last byte of such a record counts as unwritten until its ciphertext has left: the sender keeps it in
/// its queue as it keeps what the kernel refuses of a plain stream, and everything that depends on that
/// queue, such as wake-ups and the time of slow clients, is the same.
#[derive(Debug)]
pub(crate) struct Tls(Mutex<State>);

#[derive(Debug)]
struct State {
    connection: ServerConnection,
    /// Whether the next byte that the sender writes has been encrypted already.
    has_unwritten_byte: bool,
}

impl Tls {
    pub(crate) fn new(mut connection: ServerConnection) -> Self {
        // Each record leaves before the next is made.
        connection.set_buffer_limit(None);
        Self(Mutex::new(State { connection, has_unwritten_byte: false }))
    }

    /// Encrypts the slices and writes them to the socket. Returns how many of their bytes need not be
    /// written again; the rest must come first in the next call.
    pub(crate) fn write(&self, slices: &[IoSlice<'_>], socket: &mut RawSocket<'_>) -> io::Result<usize> {
        let mut state = self.0.lock();
        state.flush(socket)?;
        let mut accepted = usize::from(std::mem::take(&mut state.has_unwritten_byte));
        loop {
            let encrypted = state.encrypt(slices, accepted)?;
            if encrypted == 0 {
                return Ok(accepted);
            }
            accepted += encrypted;
            match state.flush(socket) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.has_unwritten_byte = true;
                    return if accepted > 1 { Ok(accepted - 1) } else { Err(error) };
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads until the buffer is full or the socket is empty.
    pub(crate) fn read(&self, buffer: &mut [u8], socket: &mut RawSocket<'_>) -> io::Result<usize> {
        let mut state = self.0.lock();
        let mut filled = 0;
        loop {
            filled += match state.connection.reader().read(&mut buffer[filled..]) {
                Ok(0) => return Ok(filled),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match state.receive(socket) {
                    Ok(()) => 0,
                    Err(_) if filled > 0 => return Ok(filled),
                    Err(error) => return Err(error),
                },
                // The client has gone without saying so in TLS.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(filled),
                Err(error) => return Err(error),
            };
            if filled == buffer.len() {
                return Ok(filled);
            }
        }
    }

    /// Reads bytes that are decrypted already.
    pub(crate) fn read_plaintext(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().connection.reader().read(buffer)
    }

    /// Returns whether decrypted bytes, or an error, wait to be read.
    pub(crate) fn has_plaintext(&self) -> bool {
        let mut state = self.0.lock();
        state.connection.process_new_packets().map_or(true, |state| state.plaintext_bytes_to_read() > 0)
    }

    /// Writes the last bytes and says that none follow.
    pub(crate) fn close(&self, last: &[u8], socket: &mut RawSocket<'_>) -> io::Result<()> {
        self.write(&[IoSlice::new(last)], socket)?;
        let mut state = self.0.lock();
        state.connection.send_close_notify();
        state.flush(socket)
    }
}

impl State {
    /// Writes all ciphertext.
    fn flush(&mut self, socket: &mut RawSocket<'_>) -> io::Result<()> {
        while self.connection.wants_write() {
            if self.connection.write_tls(socket)? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }

    /// Encrypts one record of what follows the first `skip` bytes, and returns the length of its plaintext.
    fn encrypt(&mut self, slices: &[IoSlice<'_>], mut skip: usize) -> io::Result<usize> {
        let mut pieces = [IoSlice::new(&[]); MAX_PIECES];
        let (mut count, mut room) = (0, MAX_RECORD);
        for slice in slices {
            let skipped = skip.min(slice.len());
            skip -= skipped;
            let piece = &slice[skipped..];
            if piece.is_empty() {
                continue;
            }
            if count == MAX_PIECES || room == 0 {
                break;
            }
            let piece = &piece[..piece.len().min(room)];
            pieces[count] = IoSlice::new(piece);
            count += 1;
            room -= piece.len();
        }
        match count {
            0 => Ok(0),
            1 => self.connection.writer().write(&pieces[0]),
            _ => self.connection.writer().write_vectored(&pieces[..count]),
        }
    }

    /// Reads from the socket once and decrypts what is complete.
    fn receive(&mut self, socket: &mut RawSocket<'_>) -> io::Result<()> {
        if socket.is_emptied {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.connection.read_tls(socket)?;
        let processed = self.connection.process_new_packets();
        // An alert, or the answer to a new key. What the kernel refuses leaves with the next packet.
        let _ = self.flush(socket);
        processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(())
    }
}
