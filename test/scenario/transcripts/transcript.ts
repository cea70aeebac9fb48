/**
 * Who publishes what and who receives what, one line each, for somebody who knows MQTT:
 *
 *     alice (5)  → oak  PUBLISH QoS 1  c/[general]/send  {"body":"lunch?","id":"m1"}    PUBACK 0x00
 *     bob (3.1.1) ← oak  PUBLISH QoS 1  c/[general]/events  {"id":"[e1]",…}
 *
 * Ids, which are different in each run, are named in the order in which they come.
 */
export interface Transcript {
  /** A heading, or what happens to a node. */
  note(text: string): void
  line(text: string): void
  /** Known by this name from here on. */
  name(id: string, name: string): void
  text(): string
}

export const createTranscript = (): Transcript => {
  const lines: string[] = []
  const names = new Map<string, string>()
  const counts = new Map<string, number>()

  const nameOf = (id: string, kind: string): string => {
    const known = names.get(id)
    if (known !== undefined) return known
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    const name = `[${kind}${count}]`
    names.set(id, name)
    return name
  }
  const readable = (text: string): string =>
    text
      .replace(uuid, (id) => nameOf(id, id[14] === '7' ? 'e' : 'c'))
      .replace(hash, (id) => nameOf(id, 's'))
      .replace(member, (id) => nameOf(id, 'm'))
      .replace(/"(time|since|last|edited)":\d{13}/g, '"$1":[t]')

  return {
    note: (text) => lines.push('', `# ${readable(text)}`),
    line: (text) => lines.push(readable(text)),
    name: (id, name) => names.set(id, `[${name}]`),
    text: () => `${lines.join('\n').trim()}\n`,
  }
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
/** Nodes and servers: base32 of 32 bytes. */
const hash = /\b[a-z2-7]{52}\b/g
/** Members: base32 of 16. */
const member = /\b[a-z2-7]{26}\b/g
