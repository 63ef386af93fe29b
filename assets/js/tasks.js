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
