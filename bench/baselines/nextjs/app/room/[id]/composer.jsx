"use client";

import { useState } from "react";

/** The form under the talk, the one part of the page that lives on in the browser. */
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
