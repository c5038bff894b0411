import Composer from "./composer.jsx";
import { members, messages, room } from "../../../lib/store.js";

// Each request is rendered again, as the server-side page of the tutorials is.
export const dynamic = "force-dynamic";

export default async function Room({ params }) {
  const { id } = await params;
  const shown = room(id);
  return (
    <div className="room">
      <header>
        <a href="/">Rooms</a>
        <h1>{shown.title}</h1>
        <span>{shown.count} people</span>
      </header>
      <aside>
        <ul>
          {members(id).map((member) => (
            <li key={member.id}>
              <span className="dot" style={{ background: member.color }} /> {member.name}
            </li>
          ))}
        </ul>
      </aside>
      <main>
        <ol>
          {messages(id).map((message) => (
            <Message key={message.id} message={message} />
          ))}
        </ol>
      </main>
      <Composer room={id} />
    </div>
  );
}

function Message({ message }) {
  return (
    <li id={`message-${message.id}`} className="message" data-user={message.userId}>
      <span className="name" style={{ color: message.color }}>
        {message.name}
      </span>
      <time dateTime={new Date(message.at).toISOString()}>{new Date(message.at).toISOString().slice(11, 16)}</time>
      <p>{message.text}</p>
      <div className="acts">
        <button type="button">Reply</button>
        <button type="button">React</button>
      </div>
    </li>
  );
}
