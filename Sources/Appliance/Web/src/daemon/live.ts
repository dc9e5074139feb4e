// The live socket: subscribes with the last known position, resumes after every break with a jittered back-off,
// and tells the store about changes, resets and its own state. Only the store listens; pages never see a socket.
// The protocol is in the HTTP contract under /api/v1/live.

import { Change, Fact, Position, Signal } from "./types";
import { get, Problem } from "./api";

export type LiveState = "live" | "connecting" | "offline";

export interface LiveListener {
  stateChanged(state: LiveState, since: number): void;
  subscribed(): void;
  change(change: Fact): void;
  reset(): void;
  sessionEnded(): void;
}

type Message =
  | Change
  | Signal
  | ({ type: "subscribed"; replayed: number } & Position)
  | ({ type: "reset" | "position" } & Position)
  | { type: "error"; code: string; message: string }
  | { type: "pong" };

/** What only managers are told. */
const confidential = ["people.confidential"];
const topics = [
  "assets", "scans", "doors", "unknowns", "conflicts", "readers", "projects", "models", "places", "people", "labels", "chat",
];
const firstWait = 250, longestWait = 15_000;
const graceBeforeOffline = 1_500;       // a restart of the daemon takes less: no alarm for it
const silenceBeforePing = 40_000;       // the daemon sends its position every 30 s
const silenceBeforeGivingUp = 50_000;
const sessionEndedCode = 4401;

export class Live {
  private socket: WebSocket | null = null;
  private position: Position | null = null;
  private state: LiveState = "connecting";
  private lostAt = Date.now();
  private attempts = 0;
  private retry = 0;
  private grace = 0;
  private watch = 0;
  private heardAt = 0;
  private running = false;
  private topics = topics;

  constructor(private readonly listener: LiveListener) {
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.hurry(); });
  }

  /** Starts from `position`, so that no change between the first GET and the subscription is lost. */
  start(position: Position, isManager: boolean): void {
    this.position ??= position;
    this.topics = isManager ? [...topics, ...confidential] : topics;
    if (this.running) return;
    this.running = true;
    this.lostAt = Date.now();
    this.becomeOfflineSoon();
    this.connect();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.retry);
    clearTimeout(this.grace);
    clearInterval(this.watch);
    this.socket?.close(1000);
    this.socket = null;
    this.position = null;
  }

  /** Says something that is worth nothing later; false when it can not be said now. */
  whisper(message: object): boolean {
    if (this.state !== "live" || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private hurry(): void {
    if (!this.running || this.socket) return;
    this.attempts = 0;
    clearTimeout(this.retry);
    this.connect();
  }

  private connect(): void {
    const address = new URL("/api/v1/live", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.heardAt = Date.now();
      socket.send(JSON.stringify({ type: "subscribe", topics: this.topics, ...(this.position ? { since: this.position } : {}) }));
    });
    socket.addEventListener("message", (event) => { if (socket === this.socket) this.receive(String(event.data)); });
    socket.addEventListener("close", (event) => { if (socket === this.socket) this.lost(event.code); });
    clearInterval(this.watch);
    this.watch = window.setInterval(() => this.checkSilence(socket), 5_000);
  }

  private receive(text: string): void {
    this.heardAt = Date.now();
    const message = JSON.parse(text) as Message;
    switch (message.type) {
      case "change":
        this.position = { epoch: message.epoch, seq: message.seq };
        this.listener.change(message);
        break;
      case "signal":
        this.listener.change(message);
        break;
      case "subscribed":
        // Its seq counts what is replayed; until that has arrived the changes themselves move the position.
        if (!message.replayed || !this.position) this.position = { epoch: message.epoch, seq: message.seq };
        this.attempts = 0;
        clearTimeout(this.grace);
        this.become("live", Date.now());
        this.listener.subscribed();
        break;
      case "reset":
        this.position = { epoch: message.epoch, seq: message.seq };
        this.listener.reset();
        break;
      case "position":
        this.position = { epoch: message.epoch, seq: message.seq };
        break;
      case "error":
        console.warn(`live: ${message.code}: ${message.message}`);
        break;
    }
  }

  private lost(code: number): void {
    this.socket = null;
    clearInterval(this.watch);
    if (!this.running) return;
    if (code === sessionEndedCode) { this.listener.sessionEnded(); return; }
    if (this.state === "live") {
      this.lostAt = Date.now();
      this.become("connecting", this.lostAt);
      this.becomeOfflineSoon();
    }
    const wait = Math.min(longestWait, firstWait * 2 ** this.attempts++) * (0.5 + Math.random() / 2);
    this.retry = window.setTimeout(() => void this.probeThenConnect(), wait);
  }

  /** A socket refused for want of a session looks like any other failure; a GET tells the two apart. */
  private async probeThenConnect(): Promise<void> {
    try {
      if (this.attempts > 1) await get("/session", { quiet401: true });
    } catch (error) {
      if (error instanceof Problem && error.status === 401) { this.listener.sessionEnded(); return; }
    }
    if (this.running && !this.socket) this.connect();
  }

  private becomeOfflineSoon(): void {
    clearTimeout(this.grace);
    this.grace = window.setTimeout(() => this.become("offline", this.lostAt), graceBeforeOffline);
  }

  private become(state: LiveState, since: number): void {
    this.state = state;
    this.listener.stateChanged(state, since);
  }

  /** A half-open connection never closes by itself; silence is how it shows. */
  private checkSilence(socket: WebSocket): void {
    const silence = Date.now() - this.heardAt;
    if (socket !== this.socket || socket.readyState !== WebSocket.OPEN) return;
    if (silence > silenceBeforeGivingUp) { socket.close(); this.lost(1006); }
    else if (silence > silenceBeforePing) socket.send(JSON.stringify({ type: "ping" }));
  }
}
