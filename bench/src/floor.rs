//! The floor: one thread that writes ready bytes, one `send` for each client and message. No server
//! that writes to each client's own stream can do less, so its cost is the lower bound of a delivery.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use crate::Outcome;

/// The frame that confirms a connection. Without it, clients that connect faster than this thread
/// accepts would be dropped by the kernel.
const JOINED: &[u8] = b"\x81\x1542/chat,[\"joined\",{}]";

/// Serves one sender, the first to connect, and `clients` receivers until the sender disconnects.
/// The sender writes each message as its length and its bytes.
pub(crate) fn run(clients: usize) -> Outcome<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("The floor is ready on http://localhost:{}", listener.local_addr()?.port());
    let mut sender = accept(&listener)?;
    let mut receivers = Vec::with_capacity(clients);
    for _ in 0..clients {
        let mut stream = accept(&listener)?;
        stream.write_all(JOINED)?;
        receivers.push(stream);
    }
    let mut length = [0; 4];
    let mut message = Vec::new();
    while sender.read_exact(&mut length).is_ok() {
        message.resize(u32::from_be_bytes(length) as usize, 0);
        sender.read_exact(&mut message)?;
        for mut receiver in &receivers {
            receiver.write_all(&message)?;
        }
    }
    Ok(())
}

fn accept(listener: &TcpListener) -> Outcome<TcpStream> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
