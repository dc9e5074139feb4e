// What the door sounds like: four short tones that differ in rhythm and direction, not only in pitch, and the
// spoken sentence for those who want it. Browsers stay silent until the first gesture; `isLocked` says so.

import { OutcomeKind } from "../daemon/types";

interface Note { hertz: number; at: number; seconds: number; to?: number }
interface Tone { wave: OscillatorType; gain: number; notes: readonly Note[] }

const tones: Record<OutcomeKind, Tone> = {
  "ok": { wave: "sine", gain: 0.32, notes: [{ hertz: 660, at: 0, seconds: 0.09 }, { hertz: 990, at: 0.09, seconds: 0.16 }] },
  "ok-but": { wave: "triangle", gain: 0.4, notes: [{ hertz: 587, at: 0, seconds: 0.11 }, { hertz: 587, at: 0.17, seconds: 0.11 }, { hertz: 587, at: 0.34, seconds: 0.11 }] },
  "stop": { wave: "sawtooth", gain: 0.26, notes: [{ hertz: 233, to: 131, at: 0, seconds: 0.55 }] },
  "unknown": { wave: "triangle", gain: 0.38, notes: [{ hertz: 494, to: 740, at: 0, seconds: 0.2 }, { hertz: 494, to: 740, at: 0.28, seconds: 0.2 }] },
};

let audio: AudioContext | null = null;
let changed: () => void = () => {};

const wish = (name: string, fallback: boolean): boolean => {
  try { return (localStorage.getItem(name) ?? String(fallback)) === "true"; } catch { return fallback; }
};
const keepWish = (name: string, value: boolean): void => { try { localStorage.setItem(name, String(value)); } catch { /* kept for this page only */ } };

export const sound = { on: wish("depotd.sound", true), speech: wish("depotd.speech", false) };

/** True while the browser would swallow a tone. */
export function isLocked(): boolean { return sound.on && audio?.state !== "running"; }

/** True where the browser has a voice at all. */
export function canSpeak(): boolean { return "speechSynthesis" in window; }

export function whenSoundChanges(listener: () => void): void { changed = listener; }

export function setSound(on: boolean): void { sound.on = on; keepWish("depotd.sound", on); unlock(); changed(); }
export function setSpeech(on: boolean): void { sound.speech = on; keepWish("depotd.speech", on); changed(); }

/** Must run inside a gesture; afterwards tones are heard. */
export function unlock(): void {
  if (typeof AudioContext === "undefined") return;
  audio ??= new AudioContext();
  if (audio.state !== "running") void audio.resume().then(() => changed());
}

export function play(kind: OutcomeKind): void {
  if (!sound.on || !audio || audio.state !== "running") return;
  const tone = tones[kind];
  for (const note of tone.notes) playNote(audio, tone, note);
}

/** A message came: softer than any outcome, and unlike all of them. */
export function chime(): void {
  if (!sound.on || !audio || audio.state !== "running") return;
  const tone: Tone = { wave: "sine", gain: 0.14, notes: [{ hertz: 784, at: 0, seconds: 0.08 }, { hertz: 1175, at: 0.1, seconds: 0.14 }] };
  for (const note of tone.notes) playNote(audio, tone, note);
}

export function speak(sentence: string): void {
  if (!sound.speech || !canSpeak() || !sentence) return;
  speechSynthesis.cancel();                       // the newest scan is the one that matters
  speechSynthesis.speak(new SpeechSynthesisUtterance(sentence));
}

function playNote(context: AudioContext, tone: Tone, note: Note): void {
  const start = context.currentTime + 0.01 + note.at, end = start + note.seconds;
  const oscillator = context.createOscillator(), gain = context.createGain();
  oscillator.type = tone.wave;
  oscillator.frequency.setValueAtTime(note.hertz, start);
  if (note.to !== undefined) oscillator.frequency.exponentialRampToValueAtTime(note.to, end);
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(tone.gain, start + 0.008);   // without a ramp it clicks
  gain.gain.setValueAtTime(tone.gain, Math.max(start + 0.008, end - 0.03));
  gain.gain.linearRampToValueAtTime(0, end);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(end + 0.02);
}

for (const gesture of ["pointerdown", "keydown"] as const) addEventListener(gesture, () => { if (isLocked()) unlock(); }, { capture: true });
