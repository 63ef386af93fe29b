// The tab that makes each task.

export const TABS = {
  "text-to-image": "t2i",
  "image-edit": "edit",
  "text-to-video": "t2v",
  "image-to-video": "i2v",
  "reference-to-video": "r2v",
  "audio-to-video": "s2v",
  "video-to-video": "v2v",
};

/** The tab that each "Send to" leads to; as in studio/web/forms/send_to.py. */
export const SEND_TABS = {
  image: "edit",
  first_frame: "i2v",
  last_frame: "i2v",
  references: "r2v",
  video: "v2v",
  audio_file: "s2v",
  sound_frame: "s2v",
  clip_sound: "t2v",
  frame_sound: "i2v",
};
