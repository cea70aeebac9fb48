import { z } from 'zod'
import type { DataAdmin, NodeAdmin, Progress } from './components.ts'

/** What help and parsing need to know about one argument; in the zod schema's `.meta()`. */
export interface ArgumentMeta {
  readonly description: string
  readonly placeholder?: string
  /** Place among the words after the verb, from 0. Without it the argument is a flag. */
  readonly position?: number
  /** Never typed as a flag: read from standard input, asked for, or left out to be generated. */
  readonly secret?: 'password'
}

export interface Column {
  readonly key: string
  readonly title: string
  readonly kind?: 'text' | 'number' | 'time' | 'bytes' | 'flag' | undefined
}

export type Row = Readonly<Record<string, unknown>>

/** A field of a row as text. */
export const shown = (row: Row, key: string): string => {
  const value = row[key]
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** How a command talks while it runs; over the socket or in the same process alike. */
export interface CommandIo {
  /** Resolves when the other side has room for more. */
  row(row: Row): Promise<void>
  progress(progress: Progress): void
  readonly signal: AbortSignal
}

interface Described {
  /** `user`, `log`; a command without a verb (`status`) is its noun. */
  readonly noun: string
  readonly verb: string | undefined
  /** One line, no full stop. */
  readonly summary: string
  readonly args: z.ZodObject
  /** Whole command lines. */
  readonly examples: readonly string[]
  /** What would be lost, as a question: asked for on a terminal, `--yes` needed elsewhere. */
  readonly destroys?: (input: Row) => string
}

interface Answered<N> extends Described {
  /** Rows come through `io.row`; a stream has no end of its own. */
  readonly shape: 'rows' | 'stream' | 'record'
  readonly columns?: readonly Column[]
  /** A record as people read it; without it, aligned names and values. */
  readonly text?: (result: Row, input: Row) => string
  /** Exit code of the command line where it is not 0. */
  readonly exit?: (result: Row) => number
  readonly run: (node: N, input: never, io: CommandIo) => Promise<Row | undefined>
}

/** Runs inside the node, over the admin socket. */
export interface NodeCommand extends Answered<NodeAdmin> {
  readonly runs: 'node'
}

/** Asks the data: inside the node when one runs, otherwise the command line opens the folder itself. */
export interface DataCommand extends Answered<DataAdmin> {
  readonly runs: 'data'
}

/** Runs in the command line's own process; `cli/` holds the code under the same name. */
export interface LocalCommand extends Described {
  readonly runs: 'here'
  /** The words after it are its own affair (`chat`); `args` is for help only. */
  readonly ownArguments?: boolean
}

export type Command = NodeCommand | DataCommand | LocalCommand

type Typed<C extends { run: unknown; runs: string; args: unknown }, N, A extends z.ZodObject> = Omit<
  C,
  'runs' | 'args' | 'run'
> & {
  readonly args: A
  readonly run: (node: N, input: z.output<A>, io: CommandIo) => Promise<Row | undefined>
}

/** Ties the type of `run`'s input to `args`. */
export const nodeCommand = <A extends z.ZodObject>(command: Typed<NodeCommand, NodeAdmin, A>): NodeCommand => ({
  ...command,
  runs: 'node',
})

export const dataCommand = <A extends z.ZodObject>(command: Typed<DataCommand, DataAdmin, A>): DataCommand => ({
  ...command,
  runs: 'data',
})

export const localCommand = (command: Omit<LocalCommand, 'runs'>): LocalCommand => ({ ...command, runs: 'here' })

/** Looks below `optional` and `default`, which hide what their inner schema says. */
export const argumentMeta = (schema: z.core.$ZodType): ArgumentMeta => {
  const own = (schema as z.ZodType).meta()
  if (own !== undefined) return own as unknown as ArgumentMeta
  const { innerType } = schema._zod.def as { innerType?: z.core.$ZodType }
  return innerType === undefined ? { description: '' } : argumentMeta(innerType)
}

export const commandName = (command: { readonly noun: string; readonly verb: string | undefined }): string =>
  command.verb === undefined ? command.noun : `${command.noun} ${command.verb}`

const meta = (about: ArgumentMeta): Record<string, unknown> => ({ ...about })

/** A word after the verb. */
export const word = (position: number, placeholder: string, description: string): z.ZodString =>
  z.string().min(1).max(1_024).meta(meta({ position, placeholder, description }))

export const textFlag = (placeholder: string, description: string): z.ZodOptional<z.ZodString> =>
  z.string().min(1).max(1_024).optional().meta(meta({ placeholder, description }))

export const yesFlag = (description: string): z.ZodDefault<z.ZodBoolean> =>
  z.boolean().default(false).meta(meta({ description }))

export const listFlag = (placeholder: string, description: string): z.ZodOptional<z.ZodArray<z.ZodString>> =>
  z.array(z.string().min(1).max(256)).min(1).max(100).optional().meta(meta({ placeholder, description }))

export const numberFlag = (
  placeholder: string,
  description: string,
  range: { readonly min: number; readonly max: number; readonly value: number },
): z.ZodDefault<z.ZodInt> =>
  z.int().min(range.min).max(range.max).default(range.value).meta(meta({ placeholder, description }))

export const passwordArgument = (description: string): z.ZodOptional<z.ZodString> =>
  z
    .string()
    .min(1)
    .max(1_024)
    .optional()
    .meta(meta({ description, secret: 'password' }))

const durationPattern = /^(\d{1,6})(s|m|h|d|w)$/

/** `90s`, `15m`, `12h`, `7d`, `2w`. */
export const durationText = z.string().regex(durationPattern)

export const durationMs = (text: string): number => {
  const [, count, unit] = durationPattern.exec(text) ?? []
  const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[unit ?? 's'] ?? 0
  return Number(count) * unitMs
}
