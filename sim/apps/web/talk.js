// The page's side of the websocket: what the view says goes to the server, what comes back goes to the view.
// A connection that breaks is made again, and what was not answered is asked again: the page holds all that was set.

import { mount } from "./view.js";

const SOON_MS = 500;
const LATE_MS = 10_000;
const LONGEST = 400_000; // characters of a message: a longer one would end the connection, and again when it is asked again
const [IDLE, FULL, REFUSED] = [4000, 4001, 4003]; // why the server closed
const NEAR = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname); // a server on this machine needs no network
const AWAY = "No connection: what you move is kept and sent when it is back.";
const OWN = "driftline-own"; // a scenario of one's own survives a reload of its page

function overWebsocket(address, tell) {
  const unanswered = new Map(); // by kind, the newest
  let hear = () => {};
  let socket = null;
  let told = null; // a message whose binary parts are still to come
  let parts = [];
  let opened = false; // the view has had its hello: it needs no other when a connection is made again
  let broken = 0;
  let away = !NEAR && !navigator.onLine; // this machine has no network
  let timer = 0;
  let own = kept(); // the text, and the story whose knobs it has
  let offered = null;
  let shown = {}; // the state that the view told last

  function connect() {
    clearTimeout(timer);
    timer = 0;
    const mine = new WebSocket(address);
    socket = mine;
    told = null;
    mine.binaryType = "arraybuffer";
    mine.addEventListener("open", () => {
      if (away) tell("");
      away = false;
      if (opened && shown.story === "own") put({ kind: "load", ...own, state: shown, again: true });
      for (const message of unanswered.values()) put(message);
    });
    mine.addEventListener("message", ({ data }) => {
      if (mine !== socket) return;
      if (typeof data === "string") [told, parts] = [JSON.parse(data), []];
      else parts.push(data);
      if (told === null || parts.length < told.buffers) return;
      const [message, buffers] = [told, parts];
      told = null;
      [broken, parts] = [0, []];
      away = false;
      tell("");
      answered(message, buffers);
    });
    mine.addEventListener("close", ({ code, reason }) => {
      if (mine !== socket) return;
      socket = null;
      told = null;
      if (code === IDLE && unanswered.size === 0) return; // the next move comes back
      if (code === REFUSED) {
        tell("This page may not talk to the server: open it by the address that the server printed.");
        return;
      }
      again(code === FULL ? reason : "");
    });
  }

  function again(why) {
    broken += 1;
    const wait = Math.min(LATE_MS, SOON_MS * 2 ** (broken - 1)) * (0.75 + Math.random() / 2);
    const end = Date.now() + wait;
    const count = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0) return connect();
      if (away) tell(AWAY);
      else if (broken > 1 || why) tell(`${why ? `${why}. ` : "The connection to the server is lost. "}Trying again in ${left} s …`, connect);
      timer = setTimeout(count, Math.min(1000, end - Date.now()));
    };
    count();
  }

  const put = (message) => socket?.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
  const kindOf = (message) => (message.ghost ? "ghost" : message.kind);

  function answered(message, buffers) {
    const about = [...unanswered].find(([, asked]) => asked.serial !== undefined && asked.serial === message.serial && (asked.ghost ?? false) === (message.ghost ?? false));
    if (message.kind === "hello") {
      const known = opened;
      opened = true;
      const asked = unanswered.has("ready") || unanswered.has("load");
      unanswered.delete("ready");
      unanswered.delete("load");
      if (message.loaded && offered !== null) {
        own = offered;
        offered = null;
        keep(own);
      }
      if (known && !asked) return; // the server remembers what is ours, and the page is as it was
      document.title = `${message.story.title} · driftline`;
    } else if (message.kind === "refused") {
      if (about) unanswered.delete(about[0]);
      else unanswered.delete("load");
    } else if (message.kind === "answer" && message.done !== false) unanswered.delete(about?.[0]);
    else if (["reel", "yaml", "deal", "sum"].includes(message.kind)) unanswered.delete(message.kind);
    hear(message, buffers);
  }

  window.addEventListener("offline", () => {
    if (NEAR) return;
    away = true;
    tell(AWAY);
  });
  // A connection from before may be cut without a word: what was not answered is asked again over a new one.
  window.addEventListener("online", () => {
    const before = socket;
    if (away || (broken > 0 && before === null)) connect();
    if (away) before?.close();
  });
  return {
    url: true,
    listen(callback) {
      hear = callback;
      return () => (hear = () => {});
    },
    send(message) {
      let asked = message;
      if (message.kind === "ready" && message.state?.story === "own" && own !== null) asked = { ...message, kind: "load", ...own, again: true };
      else if (message.state === undefined) asked = { ...message, state: shown };
      if (asked.kind === "load") {
        offered = { text: asked.text, beside: asked.beside ?? (shown.story === "own" ? own.beside : shown.story) };
        asked = { ...asked, ...offered };
        const long = JSON.stringify(asked).length;
        if (long > LONGEST) {
          offered = null;
          queueMicrotask(() => hear({ kind: "refused", say: `This text makes a message of ${long.toLocaleString("en")} characters: at most ${LONGEST.toLocaleString("en")} are read. Give a file of this size to driftline run.` }, []));
          return;
        }
      }
      if (!asked.ghost) shown = { ...asked.state };
      if (asked.kind === "cancel") unanswered.clear();
      else {
        unanswered.delete(kindOf(asked)); // in the order in which they were asked
        unanswered.set(kindOf(asked), asked);
      }
      if (socket === null && !timer) connect();
      else put(asked);
    },
  };
}

// A page in a frame of another site may have no storage: then a reload of it begins anew.
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(OWN));
  } catch {
    return null;
  }
}

function keep(own) {
  try {
    sessionStorage.setItem(OWN, JSON.stringify(own));
  } catch {
    // as above, or it is too long
  }
}

const notice = document.querySelector("#connection > p");
const words = notice.querySelector("span");
const now = notice.querySelector("button");
let retry = null;
now.addEventListener("click", () => retry?.());

function tell(text, act = null) {
  retry = act;
  now.hidden = act === null;
  notice.hidden = text === "";
  if (words.textContent !== text) words.textContent = text;
}

const talk = new URL("talk", location.href);
talk.protocol = talk.protocol === "https:" ? "wss:" : "ws:";
talk.search = "";
mount(document.getElementById("sandbox"), overWebsocket(talk, tell));
