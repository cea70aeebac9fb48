import type { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import { argumentMeta, commandName } from '../admin/command.ts'
import type { Command } from '../admin/command.ts'
import { kebab } from '../config/settings.ts'
import { nearest, textKind, textToValue } from '../config/text.ts'

/** Flags that every command takes. */
export interface CommonFlags {
  data?: string
  json?: true
  yes?: true
  help?: true
  version?: true
}

export interface Invocation {
  readonly common: CommonFlags
  /** Undefined: `hearth` alone. */
  readonly command: Command | undefined
  /** By argument key, as text and true became values; not yet checked against the schema. */
  readonly input: Record<string, unknown>
  /** Flags as typed, for settings (`--http-port`). */
  readonly typed: Record<string, string | true>
  /** `--password-stdin`, where the command takes a password. */
  readonly passwordFromStdin: boolean
  /** For a command that reads its words itself, those; for `hearth user --help`, the noun. */
  readonly words: readonly string[]
}

const commonFlags = ['--data', '--json', '--yes', '--help', '--version'] as const
const shortFlags: ReadonlyMap<string, string> = new Map([
  ['-h', '--help'],
  ['-y', '--yes'],
  ['-V', '--version'],
])

/** Reads a command line by the command table. Throws BAD_REQUEST with what would be right. */
export const parseArguments = (argv: readonly string[], table: readonly Command[]): Invocation => {
  const common: CommonFlags = {}
  const rest = takeCommon(argv, common, table)
  const [noun, second, third] = rest
  if (noun === undefined) return bare(common, [])
  const single = table.find((command) => command.noun === noun && command.verb === undefined)
  if (single?.runs === 'here' && single.ownArguments === true) {
    return { ...bare(common, rest.slice(1)), command: single }
  }
  const nouns = [...new Set(table.map((command) => command.noun))]
  if (!nouns.includes(noun)) throw usage(`there is no command "${noun}"`, nearest(noun, nouns), 'hearth help')
  if (single !== undefined) return readCommand(single, rest.slice(1), common)
  const verbs = table.filter((command) => command.noun === noun)
  const long = verbs.find((command) => command.verb === `${second} ${third}`)
  if (long !== undefined) return readCommand(long, rest.slice(3), common)
  const found = verbs.find((command) => command.verb === second)
  if (found !== undefined) return readCommand(found, rest.slice(2), common)
  const family = verbs.flatMap(({ verb }) => (verb?.startsWith(`${second} `) ? [verb] : []))
  if (family.length > 0 && common.help !== true) {
    throw usage(`say ${family.map((verb) => `hearth ${noun} ${verb}`).join(', or ')}`, undefined, `hearth help ${noun}`)
  }
  if (common.help === true || second === undefined) return bare({ ...common, help: true }, [noun])
  throw usage(
    `"${noun}" has no verb "${second}"`,
    nearest(
      second,
      verbs.flatMap((command) => command.verb ?? []),
    ),
    `hearth help ${noun}`,
  )
}

const bare = (common: CommonFlags, words: readonly string[]): Invocation => ({
  common,
  command: undefined,
  input: {},
  typed: {},
  passwordFromStdin: false,
  words,
})

/** Takes the common flags out, wherever they stand; what a command reads itself is left alone behind its noun. */
const takeCommon = (argv: readonly string[], common: CommonFlags, table: readonly Command[]): string[] => {
  const rest: string[] = []
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (word === '--') return [...rest, ...argv.slice(index)]
    const ownWords = table.some(
      (command) => command.noun === rest[0] && command.runs === 'here' && command.ownArguments === true,
    )
    const [flag, attached] = splitFlag(shortFlags.get(word) ?? word)
    if (ownWords || !(commonFlags as readonly string[]).includes(flag)) {
      rest.push(word)
      continue
    }
    if (flag === '--data') {
      const value = attached ?? argv[(index += 1)]
      if (value === undefined || value === '') throw usage('--data needs a folder')
      common.data = value
    } else if (attached === undefined) common[flag.slice(2) as 'json' | 'yes' | 'help' | 'version'] = true
    else throw usage(`${flag} takes no value`)
  }
  return rest
}

const readCommand = (command: Command, words: readonly string[], common: CommonFlags): Invocation => {
  const shape = Object.entries(command.args.shape)
  const places = shape
    .filter(([, schema]) => argumentMeta(schema).position !== undefined)
    .sort(([, a], [, b]) => (argumentMeta(a).position ?? 0) - (argumentMeta(b).position ?? 0))
  const hasPassword = shape.some(([, schema]) => argumentMeta(schema).secret === 'password')
  const flags = new Map<string, { readonly key: string; readonly schema: z.core.$ZodType }>(
    shape
      .filter(([, schema]) => argumentMeta(schema).position === undefined && argumentMeta(schema).secret === undefined)
      .map(([key, schema]) => [`--${kebab(key)}`, { key, schema }] as const),
  )
  const name = commandName(command)
  const input: Record<string, unknown> = {}
  const typed: Record<string, string | true> = {}
  let passwordFromStdin = false
  let placed = 0
  let flagsEnded = false

  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? ''
    if (word === '--' && !flagsEnded) {
      flagsEnded = true
      continue
    }
    if (flagsEnded || !word.startsWith('-') || word === '-') {
      const place = places[placed]
      if (place === undefined) throw usage(`"${word}" is one word too many`, undefined, `hearth ${name} --help`)
      input[place[0]] = word
      placed += 1
      continue
    }
    const [flag, attached] = splitFlag(word)
    if (hasPassword && flag === '--password-stdin' && attached === undefined) {
      passwordFromStdin = true
      continue
    }
    if (hasPassword && flag === '--password') {
      throw usage('a password on the command line is seen by others; use --password-stdin', undefined, undefined)
    }
    const found = flags.get(flag) ?? flags.get(flag.replace(/^--no-/, '--'))
    if (found === undefined) {
      const known = [...flags.keys(), ...commonFlags, ...(hasPassword ? ['--password-stdin'] : [])]
      throw usage(`hearth ${name} has no flag ${flag}`, nearest(flag, known), `hearth ${name} --help`)
    }
    const isSwitch = textKind(found.schema) === 'boolean'
    const negated = isSwitch && flag.startsWith('--no-') && !flags.has(flag)
    const text = attached ?? (isSwitch ? String(!negated) : words[(index += 1)])
    if (text === undefined) {
      throw usage(`${flag} needs a value`, undefined, `hearth ${name} --help`)
    }
    typed[found.key] = text
    input[found.key] = merge(input[found.key], textToValue(found.schema, text))
  }
  return { common, command, input, typed, passwordFromStdin, words: [] }
}

/** A list may be given by commas, by repeating the flag, or both. */
const merge = (before: unknown, value: unknown): unknown =>
  Array.isArray(before) && Array.isArray(value) ? [...(before as unknown[]), ...(value as unknown[])] : value

const splitFlag = (word: string): [string, string | undefined] => {
  const equals = word.indexOf('=')
  return word.startsWith('--') && equals !== -1 ? [word.slice(0, equals), word.slice(equals + 1)] : [word, undefined]
}

export const usage = (what: string, near?: string, help?: string): HearthError =>
  new HearthError(
    'BAD_REQUEST',
    `${what}${near === undefined ? '' : `; did you mean ${near}?`}${help === undefined ? '' : `\nSee: ${help}`}`,
  )
