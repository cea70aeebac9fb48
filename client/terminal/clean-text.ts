/**
 * What others wrote, made safe for a terminal: no escape sequence, no control character, nothing that turns the
 * reading direction around. Line feeds stay. A message can colour nothing and move no cursor.
 */
export const cleanText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll('\t', '    ')
    .replace(controls, visible)
    .replace(invisibles, '')
    .replace(stackedMarks, '$1')

/** For names and topics: one line. */
export const cleanLine = (text: string): string =>
  cleanText(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim()

// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g

/** Bidirectional overrides and isolates, zero-width spaces, interlinear annotations, tag characters. */
const invisibles =
  /[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

/** More than four marks on one letter would paint over the lines above and below. */
const stackedMarks = /(\p{M}{4})\p{M}+/gu

/** The control pictures of Unicode; the eight-bit controls have none. */
const visible = (control: string): string => {
  const code = control.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  return code === 0x7f ? '\u2421' : '\ufffd'
}
