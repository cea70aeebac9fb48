import { pathToFileURL } from 'node:url'
import { errorTable } from '../../spec/errors.ts'
import { commandName } from '../admin/command.ts'
import type { Command } from '../admin/command.ts'
import { commandTable } from '../admin/table.ts'
import { configSchema, environmentName, kebab, settingKeys, settingMeta } from '../config/settings.ts'
import { argumentLines, sentence, usageLine } from './help.ts'
import type { Line } from './help.ts'

/** The text of docs/cli.md; a test compares. To write it: `npm run docs`. */
export const reference = (): string =>
  [
    '# The command line',
    '',
    'Made from the command table (`node/admin/table.ts`) by `npm run docs`; a test fails when it is out of date.',
    '',
    'Data goes to stdout and talk to stderr. `--json` prints JSON: an array for a list, one object for one thing, a line each for a stream. Whatever destroys asks on a terminal, and wants `--yes` elsewhere. A command finds its node by `--data FOLDER`, else `HEARTH_DATA`, else `./data`.',
    '',
    ...commandTable.flatMap(commandSection),
    '## Settings',
    '',
    'A flag wins over the environment, that over `hearth.toml` in the data folder (or `--config FILE`, `HEARTH_CONFIG`), that over the default.',
    '',
    '| `hearth.toml` and flag | environment | default | |',
    '|---|---|---|---|',
    ...settingKeys.map((key) => {
      const { description } = settingMeta(key)
      const value = configSchema.shape[key].safeParse(undefined).data
      const shown = value === undefined || description.includes('(default: ') ? '' : `\`${String(value)}\``
      return `| \`${kebab(key)}\` | \`${environmentName(key)}\` | ${shown} | ${description} |`
    }),
    '',
    '## Exit codes',
    '',
    '0 done, 130 stopped by Ctrl-C, otherwise that of the named error:',
    '',
    '| code | errors |',
    '|---|---|',
    ...[...exitCodes()].map(([exit, codes]) => `| ${exit} | ${codes.join(', ')} |`),
    '',
  ].join('\n')

const commandSection = (command: Command): string[] => {
  const { words, flags } = argumentLines(command)
  const lines = [...words, ...flags.filter(([name]) => name !== '--json' && name !== '--data FOLDER')]
  return [
    `## hearth ${commandName(command)}`,
    '',
    sentence(command.summary),
    '',
    '```sh',
    ...command.examples,
    '```',
    '',
    ...(command.runs === 'here' && sharesSettings(command)
      ? ['Takes every [setting](#settings) as a flag.', '']
      : lines.length === 0
        ? []
        : [`\`hearth ${usageLine(command)}\``, '', ...lines.map(item), '']),
  ]
}

const sharesSettings = (command: Command): boolean => 'connectionsMax' in command.args.shape

const item = ([name, text]: Line): string => `- \`${name}\`: ${text}`

const exitCodes = (): Map<number, string[]> => {
  const codes = new Map<number, string[]>()
  for (const [code, { exit }] of Object.entries(errorTable)) codes.set(exit, [...(codes.get(exit) ?? []), code])
  return new Map([...codes].sort(([a], [b]) => a - b))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(reference())
