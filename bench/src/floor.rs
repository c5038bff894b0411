//! The floor: one thread, and for each message one `send` of ready bytes to each client. No chat
//! server that writes to its readers' own streams can do less, so its cost is what ours is held to.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use crate::Outcome;

/// A frame that tells a listener that it is in, as all the others do: who connects faster than we accept
/// would else be dropped by the kernel without a word.
const WELCOME: &[u8] = b"\x81\x1542/chat,[\"joined\",{}]";

/// Serves one talker, the first to connect, and `members` listeners; ends when the talker leaves.
/// The talker sends each message as its length and its bytes.
pub(crate) fn run(members: usize) -> Outcome<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("The floor is ready on http://localhost:{}", listener.local_addr()?.port());
    let mut talker = accept(&listener)?;
    let mut listeners = Vec::with_capacity(members);
    for _ in 0..members {
        let mut stream = accept(&listener)?;
        stream.write_all(WELCOME)?;
        listeners.push(stream);
    }
    let mut length = [0; 4];
    let mut message = Vec::new();
    while talker.read_exact(&mut length).is_ok() {
        message.resize(u32::from_be_bytes(length) as usize, 0);
        talker.read_exact(&mut message)?;
        for mut listener in &listeners {
            listener.write_all(&message)?;
        }
    }
    Ok(())
}

fn accept(listener: &TcpListener) -> Outcome<TcpStream> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
