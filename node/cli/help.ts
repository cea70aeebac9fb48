import { argumentMeta, commandName } from '../admin/command.ts'
import type { Command } from '../admin/command.ts'
import { kebab } from '../config/settings.ts'
import { textKind } from '../config/text.ts'
import type { Paint } from './io.ts'

/** `hearth help`: every command on one screen. */
export const overview = (table: readonly Command[], paint: Paint): string => {
  const alone = table.filter((command) => command.verb === undefined)
  const nouns = [...new Set(table.filter((command) => command.verb !== undefined).map((command) => command.noun))]
  const lines = [
    ...alone.map((command): Line => [command.noun, command.summary]),
    ...nouns.map((noun): Line => [noun, verbsOf(table, noun).join(', ')]),
  ]
  return [
    `${paint.bold('hearth')}: chat that a community owns`,
    '',
    'hearth COMMAND [words] [--flags]',
    '',
    columns(lines, paint),
    '',
    'hearth help NOUN and hearth NOUN VERB --help say more.',
    'Every command takes --json and --data FOLDER (or HEARTH_DATA; default ./data).',
  ].join('\n')
}

/** `hearth help user`. */
export const nounHelp = (table: readonly Command[], noun: string, paint: Paint): string => {
  const commands = table.filter((command) => command.noun === noun)
  const lines = commands.map((command): Line => [usageLine(command), command.summary])
  return [columns(lines, paint), '', `hearth ${noun} VERB --help says more.`].join('\n')
}

/** `hearth user add --help`. */
export const commandHelp = (command: Command, paint: Paint): string => {
  const { words, flags } = argumentLines(command)
  const section = (title: string, lines: readonly Line[]): string[] =>
    lines.length === 0 ? [] : ['', paint.bold(title), columns(lines, paint)]
  return [
    `hearth ${usageLine(command)}`,
    '',
    sentence(command.summary),
    ...section('Words', words),
    ...section('Flags', flags),
    '',
    paint.bold('Examples'),
    ...command.examples.map((example) => `  ${example}`),
  ].join('\n')
}

export type Line = readonly [name: string, text: string]

export const argumentLines = (
  command: Command,
): { readonly words: readonly Line[]; readonly flags: readonly Line[] } => {
  const words: Line[] = []
  const flags: Line[] = []
  for (const [key, schema] of Object.entries(command.args.shape)) {
    const { description, placeholder, position, secret } = argumentMeta(schema)
    if (position !== undefined) words.push([placeholder ?? key.toUpperCase(), description])
    else if (secret === 'password') {
      flags.push([
        '--password-stdin',
        `read the ${description} from standard input; otherwise it is asked for, or made`,
      ])
    } else {
      const value = textKind(schema) === 'boolean' ? '' : ` ${placeholder ?? 'VALUE'}`
      flags.push([
        `--${kebab(key)}${value}`,
        description.includes('(default: ') ? description : `${description}${defaultNote(schema)}`,
      ])
    }
  }
  if (command.runs !== 'here' || command.ownArguments !== true) {
    flags.push(['--data FOLDER', 'data folder of the node (default: HEARTH_DATA, or ./data)'])
    flags.push(['--json', 'print JSON'])
    if (command.destroys !== undefined) flags.push(['--yes', 'do not ask'])
  }
  return { words, flags }
}

export const usageLine = (command: Command): string => {
  const words = Object.values(command.args.shape)
    .map((schema) => ({ meta: argumentMeta(schema), optional: schema.safeParse(undefined).success }))
    .filter(({ meta }) => meta.position !== undefined)
    .sort((a, b) => (a.meta.position ?? 0) - (b.meta.position ?? 0))
    .map(({ meta, optional }) => (optional ? `[${meta.placeholder}]` : meta.placeholder))
  return [commandName(command), ...words].join(' ')
}

export const sentence = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`

const defaultNote = (schema: { safeParse(value: unknown): { success: boolean; data?: unknown } }): string => {
  const value = schema.safeParse(undefined).data
  return value === undefined || value === false
    ? ''
    : ` (default: ${typeof value === 'string' ? value : JSON.stringify(value)})`
}

const verbsOf = (table: readonly Command[], noun: string): string[] =>
  table.filter((command) => command.noun === noun).flatMap((command) => command.verb ?? [])

const columns = (lines: readonly Line[], paint: Paint): string => {
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, text]) => `  ${paint.bold(name)}${' '.repeat(width - name.length)}  ${text}`).join('\n')
}
