// Anomaly maps: grey pictures in colours that let the picture below be seen.

/** Draw a grey picture on a canvas: from nothing over red to yellow. */
export function drawHeat(canvas, image) {
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const data = pixels.data;
  for (let place = 0; place < data.length; place += 4) {
    const value = data[place];
    data[place] = 255;
    data[place + 1] = Math.max(0, 2 * value - 255);
    data[place + 2] = 0;
    data[place + 3] = Math.round(value * 0.75);
  }
  context.putImageData(pixels, 0, 0);
}
