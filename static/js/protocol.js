// The frames of playground/hub/protocol.py, the page's side.
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const MAX_INPUT = 32 << 10;

export function inputFrames(text) {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const frames = [];
  for (let start = 0; start < bytes.length; start += MAX_INPUT) {
    const piece = bytes.subarray(start, start + MAX_INPUT);
    const frame = new Uint8Array(piece.length + 1);
    frame[0] = "i".charCodeAt(0);
    frame.set(piece, 1);
    frames.push(frame);
  }
  return frames;
}

export function resizeFrame(columns, rows) {
  const view = new DataView(new ArrayBuffer(5));
  view.setUint8(0, "r".charCodeAt(0));
  view.setUint16(1, columns);
  view.setUint16(3, rows);
  return view.buffer;
}

export function acknowledgeFrame(position) {
  const view = new DataView(new ArrayBuffer(9));
  view.setUint8(0, "a".charCodeAt(0));
  view.setBigUint64(1, BigInt(position));
  return view.buffer;
}

export function parse(buffer) {
  const bytes = new Uint8Array(buffer);
  const kind = String.fromCharCode(bytes[0]);
  const payload = bytes.subarray(1);
  return { kind, payload, json: () => JSON.parse(decoder.decode(payload)) };
}
