// Starting and stopping a recording, and showing that one runs.
import { clock, Recorder, saveCast } from "./recorder.js";
import { add } from "./recordings.js";
import { sizeText } from "../size.js";

export class Recording {
  constructor(element, { onChange }) {
    this.words = element.dataset;
    this.onChange = onChange;
    this.views = new Set(); // those that are recorded
    window.addEventListener("beforeunload", (event) => this.views.size && event.preventDefault());
    window.addEventListener("pagehide", () => [...this.views].forEach((view) => this.stop(view)));
  }

  toggle(view) {
    if (view.recorder) this.stop(view);
    else this.start(view);
  }

  start(view) {
    view.recorder = new Recorder(view, { onFull: () => this.stop(view) });
    this.views.add(view);
    view.notices.clear("recorded");
    view.slot.classList.add("records");
    const show = () =>
      view.notices.show("recording", {
        text: this.words.recording,
        detail: `${clock(view.recorder.seconds)} · ${sizeText(view.recorder.length)}`,
        buttons: [[this.words.stop, () => this.stop(view)]],
      });
    view.recordingTimer = setInterval(show, 1000);
    show();
    this.onChange();
  }

  async stop(view) {
    if (!view.recorder) return;
    clearInterval(view.recordingTimer);
    const recording = view.recorder.finish();
    view.recorder = null;
    this.views.delete(view);
    view.slot.classList.remove("records");
    view.notices.clear("recording");
    this.onChange();
    let kept = true;
    try {
      await add(recording);
    } catch {
      kept = false; // a browser without storage: it can still be saved as a file
    }
    const play = [this.words.play, () => window.open(this.words.recordings, "_blank", "noopener")];
    view.notices.show("recorded", {
      text: this.words.recorded.replace("[time]", clock(recording.seconds)),
      buttons: [
        [this.words.save, () => saveCast(recording)],
        ...(kept ? [play] : []),
        [this.words.dismiss, () => view.notices.clear("recorded")],
      ],
    });
  }
}
