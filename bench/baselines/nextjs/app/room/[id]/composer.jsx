"use client";

import { useState } from "react";

/** The form below the messages, the one client component. */
export default function Composer({ room }) {
  const [text, setText] = useState("");
  return (
    <form action={`/room/${room}/messages`} method="post">
      <label htmlFor="text">Message</label>
      <textarea id="text" name="text" value={text} onChange={(event) => setText(event.target.value)} />
      <button type="submit" disabled={text.trim() === ""}>
        Send
      </button>
    </form>
  );
}
