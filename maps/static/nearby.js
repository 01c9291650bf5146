/* What depends on the reader: where they stand and what time it is. */
"use strict";

(function (tantu) {
  const { view, say } = tantu;
  const EARTH_M = 6371008.8, DAY = 1440, CHINA_MIN = 480;

  /** Metres between two [lat, lon] on the sphere. */
  tantu.metres = function (a, b) {
    const rad = Math.PI / 180, half = (x) => Math.sin((x * rad) / 2) ** 2;
    return 2 * EARTH_M * Math.asin(Math.sqrt(half(b[0] - a[0]) + Math.cos(a[0] * rad) * Math.cos(b[0] * rad) * half(b[1] - a[1])));
  };

  tantu.away = function (metres) {
    return metres < 950 ? say("near.away", { metres: Math.max(10, Math.round(metres / 10) * 10) }) : say("near.away_km", { km: tantu.number(Math.round(metres / 100) / 10) });
  };

  /** Minutes since the midnight in China that the page's spans count from. */
  function now() {
    return Date.now() / 60000 + CHINA_MIN - view.day * DAY;
  }

  function clock(minutes) {
    const inDay = ((minutes % DAY) + DAY) % DAY;
    return [Math.floor(inDay / 60), inDay % 60].map((part) => String(part).padStart(2, "0")).join(":");
  }

  /** Whether hours are open now: { open: true, false or null, text }. */
  tantu.opened = function (hours) {
    const spans = view.lookups.open[hours], at = now();
    if (!hours || !spans || at < 0 || at > 7 * DAY) return { open: null, text: hours ? say("open.unknown", { text: hours }) : "" };
    const span = spans.find(([from, to]) => from <= at && at < to);
    if (span) return { open: true, text: span[1] - span[0] > DAY ? say("open.always") : say("open.until", { time: clock(span[1]) }) };
    const next = spans.find(([from]) => from > at);
    if (!next) return { open: false, text: say("open.long") };
    return { open: false, text: say("open.closed", { day: tantu.format(view.day + Math.floor(next[0] / DAY), "date"), time: clock(next[0]) }) };
  };

  /** Ask where the reader is; resolves to { at: [lat, lon], accuracy }, or to null after saying why not. */
  tantu.here = function () {
    return new Promise((done) => {
      if (!navigator.geolocation) { tantu.status(say("near.none")); done(null); return; }
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => done({ at: [coords.latitude, coords.longitude], accuracy: coords.accuracy }),
        () => { tantu.status(say("near.refused")); done(null); },
        { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
    });
  };
})(window.tantu);
