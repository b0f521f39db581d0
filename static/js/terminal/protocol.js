// The frames of playground/hub/protocol.py, the page's side.
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const MAX_INPUT = 32 << 10;

export function bytesOf(text) {
  return typeof text === "string" ? encoder.encode(text) : text;
}

export function textOf(bytes) {
  return decoder.decode(bytes);
}

export function inputFrame(bytes) {
  const frame = new Uint8Array(bytes.length + 1);
  frame[0] = "i".charCodeAt(0);
  frame.set(bytes, 1);
  return frame;
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

// Without force a shell that runs a program is asked about first, not ended.
export function hangUpFrame(force) {
  return encoder.encode(force ? "h!" : "h");
}

// Ask to take part, or let somebody.
export function partFrame(document) {
  return encoder.encode(`p${JSON.stringify(document)}`);
}

export function parse(buffer) {
  const bytes = new Uint8Array(buffer);
  const kind = String.fromCharCode(bytes[0]);
  const payload = bytes.subarray(1);
  return {
    kind,
    payload,
    json: () => JSON.parse(decoder.decode(payload)),
    number: () => Number(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0)),
  };
}
