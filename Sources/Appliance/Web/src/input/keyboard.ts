// A phone's keyboard that lies over the page, as an iPhone's does: the house is then as high as what can be seen of it, so
// that what one writes into and what it answers stay in sight. Other phones make the page itself smaller (index.html).

const seen = window.visualViewport;
/** Less than this is a bar of the browser's that comes and goes. */
const leastHeight = 120;

function fit(): void {
  if (!seen) return;
  const isCovered = seen.scale < 1.01 && innerHeight - seen.height > leastHeight;   // larger is somebody who looks closer
  document.documentElement.style.setProperty("--seen-height", isCovered ? `${Math.round(seen.height)}px` : "");
  if (isCovered && seen.offsetTop > 0) scrollTo(0, 0);                              // it had pushed the page up instead
}

seen?.addEventListener("resize", fit);
seen?.addEventListener("scroll", fit);
