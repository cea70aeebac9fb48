/** The JSON documents in a program's output: one over several lines, or one a line; other lines are passed over. */
export const jsonLines = (text: string): unknown[] => {
  const whole = parse(text)
  if (whole !== undefined) return Array.isArray(whole) ? (whole as unknown[]) : [whole]
  return text
    .split('\n')
    .map(parse)
    .filter((document) => document !== undefined)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
