import type { InputLine } from './input-line.ts'

/** What Tab can make of the word before the cursor. */
export interface Candidates {
  /** As a mention says them, whoever spoke last first. */
  readonly names: readonly string[]
  readonly commands: readonly string[]
  readonly channels: readonly string[]
}

/** The word is completed; Tab again takes the next one that fits. */
export interface Completion {
  readonly line: InputLine
  readonly head: string
  readonly fitting: readonly string[]
  readonly index: number
}

/** Undefined: nothing fits. `last`: what Tab did before, if nothing was typed since. */
export const complete = (
  line: InputLine,
  candidates: Candidates,
  last: Completion | undefined,
): Completion | undefined => {
  if (last !== undefined && last.line.before === line.before && last.line.after === line.after) {
    return taken(line, { ...last, index: (last.index + 1) % last.fitting.length })
  }
  const [, head = '', word = ''] = /^([^]*?)(\S*)$/.exec(line.before) ?? []
  const fitting = fittingTo(word, head === '', candidates)
  return fitting.length === 0 ? undefined : taken(line, { head, fitting, index: 0 })
}

const taken = (
  line: InputLine,
  { head, fitting, index }: Pick<Completion, 'head' | 'fitting' | 'index'>,
): Completion => {
  const before = `${head}${fitting[index] ?? ''} `
  return { line: { ...line, before, after: line.after.replace(/^ /, '') }, head, fitting, index }
}

const fittingTo = (word: string, isFirst: boolean, { names, commands, channels }: Candidates): string[] => {
  const begins = (text: string, start: string): boolean => text.toLowerCase().startsWith(start.toLowerCase())
  if (isFirst && word.startsWith('/')) {
    return commands.map((name) => `/${name}`).filter((name) => begins(name, word))
  }
  if (word.startsWith('#')) return channels.map((name) => `#${name}`).filter((name) => begins(name, word))
  const start = word.replace(/^@/, '')
  if (start === '' && word === '') return []
  return names.filter((name) => begins(name, start)).map((name) => `@${name}`)
}
