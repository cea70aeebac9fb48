import { StringDecoder } from 'node:string_decoder'

/** A key, or a run of typed or pasted text. */
export type Key =
  | { readonly kind: 'text'; readonly text: string; readonly pasted: boolean }
  /** `enter`, `up`, `ctrl-n`, `alt-a`, `page-up` … */
  | { readonly kind: 'key'; readonly name: string }

/** Decodes what a terminal sends. Sequences and characters may be cut anywhere between two chunks. */
export const createKeyDecoder = (): ((chunk: Uint8Array) => Key[]) => {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return (chunk) => {
    const { keys, left } = decode(rest + decoder.write(chunk))
    rest = left
    return keys
  }
}

const pasteStart = '\u001b[200~'
const pasteEnd = '\u001b[201~'

const decode = (input: string): { keys: Key[]; left: string } => {
  const keys: Key[] = []
  let at = 0
  while (at < input.length) {
    if (input.startsWith(pasteStart, at)) {
      const end = input.indexOf(pasteEnd, at)
      if (end < 0) return { keys, left: input.slice(at) }
      keys.push({ kind: 'text', text: input.slice(at + pasteStart.length, end), pasted: true })
      at = end + pasteEnd.length
      continue
    }
    const sequence = sequenceAt(input, at)
    if (sequence === undefined) return { keys, left: input.slice(at) }
    at += sequence.length
    const key = keyOf(sequence)
    const last = keys.at(-1)
    if (key?.kind === 'text' && last?.kind === 'text' && !last.pasted)
      keys[keys.length - 1] = { ...last, text: last.text + key.text }
    else if (key !== undefined) keys.push(key)
  }
  return { keys, left: '' }
}

/** One sequence or character; undefined when a control sequence is not whole yet. A lone escape is the key. */
const sequenceAt = (input: string, at: number): string | undefined => {
  const first = String.fromCodePoint(input.codePointAt(at)!)
  if (first !== escape || at + 1 === input.length) return first
  const second = input[at + 1]!
  if (second !== '[' && second !== 'O') return escape + String.fromCodePoint(input.codePointAt(at + 1)!)
  if (at + 2 === input.length) return second === 'O' ? `${escape}O` : undefined
  const whole = controlSequence.exec(input.slice(at, at + sequenceCharsMax))?.[0]
  return whole ?? (input.length - at > sequenceCharsMax ? escape : undefined)
}

// oxlint-disable-next-line no-control-regex
const controlSequence = /^\u001b(?:\[[\u0020-\u003f]*[\u0040-\u007e]|O.)/
const escape = '\u001b'
const sequenceCharsMax = 32

const keyOf = (sequence: string): Key | undefined => {
  const name = names[sequence]
  if (name !== undefined) return { kind: 'key', name }
  const code = sequence.codePointAt(0)!
  if (sequence.startsWith(escape)) {
    const typed = sequence.slice(1)
    return /^[a-z]$/i.test(typed) ? { kind: 'key', name: `alt-${typed.toLowerCase()}` } : undefined
  }
  if (code < 0x20) return { kind: 'key', name: `ctrl-${String.fromCharCode(code + 0x60)}` }
  return { kind: 'text', text: sequence, pasted: false }
}

const names: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u001b': 'escape',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001b\r': 'alt-enter',
  '\u001b\u007f': 'ctrl-w',
  '\u001b[Z': 'shift-tab',
  '\u001b[A': 'up',
  '\u001b[B': 'down',
  '\u001b[C': 'right',
  '\u001b[D': 'left',
  '\u001bOA': 'up',
  '\u001bOB': 'down',
  '\u001bOC': 'right',
  '\u001bOD': 'left',
  '\u001b[H': 'home',
  '\u001b[F': 'end',
  '\u001bOH': 'home',
  '\u001bOF': 'end',
  '\u001b[1~': 'home',
  '\u001b[4~': 'end',
  '\u001b[3~': 'delete',
  '\u001b[5~': 'page-up',
  '\u001b[6~': 'page-down',
  '\u001b[1;5C': 'alt-f',
  '\u001b[1;5D': 'alt-b',
  '\u001b[1;3C': 'alt-f',
  '\u001b[1;3D': 'alt-b',
}
