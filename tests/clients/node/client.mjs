// The stock client, of the version whose package CLIENT names.
export const client = process.env.CLIENT ?? "socket.io-client";
export const { io } = await import(client);

/** Emits an event and waits for its acknowledgement; clients before 4.6 have no emitWithAck. */
export function call(socket, event, payload, timeout) {
  return new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no acknowledgement of ${event} in ${timeout} ms`)), timeout);
    socket.emit(event, payload, (answer) => {
      clearTimeout(late);
      done(answer);
    });
  });
}
