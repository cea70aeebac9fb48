import { HearthError, errorTable } from '../../spec/errors.ts'
import { commandTable } from '../admin/table.ts'
import { dataFolderOf } from './data-folder.ts'
import { commandHelp, nounHelp, overview } from './help.ts'
import { paintFor, wantsColour } from './io.ts'
import type { CliIo } from './io.ts'
import { localCommands } from './local.ts'
import { parseArguments, usage } from './parse.ts'
import type { Invocation } from './parse.ts'
import { runRemote } from './remote.ts'
import { versionText } from './version.ts'

/**
 * Runs one command line; data goes to stdout, talk to stderr. Resolves with the exit code: 0 done, 2 wrong usage or
 * configuration, 3 no such thing, 4 refused, 5 node down or busy, 6 damaged data, 1 a fault of Hearth, 130 Ctrl-C.
 */
export const runCli = async (argv: readonly string[], io: CliIo): Promise<number> => {
  // `hearth log tail | head`: whoever reads has enough.
  io.stdout.on('error', () => undefined)
  let json = argv.includes('--json')
  try {
    const invocation = parseArguments(argv, commandTable)
    json = invocation.common.json === true
    return await dispatch(invocation, io)
  } catch (error) {
    return report(error, io, json)
  }
}

const dispatch = async (invocation: Invocation, io: CliIo): Promise<number> => {
  const { common, command } = invocation
  const paint = paintFor(wantsColour(io, io.stdout))
  if (common.version === true) return say(io, versionText)
  if (command === undefined) {
    const [noun] = invocation.words
    return say(io, noun === undefined ? overview(commandTable, paint) : nounHelp(commandTable, noun, paint))
  }
  if (common.help === true) return say(io, commandHelp(command, paint))
  if (command.noun === 'help') return say(io, helpOn(invocation, io))
  if (command.runs !== 'here') return runRemote(command, invocation, io)
  const run = localCommands[command.verb === undefined ? command.noun : `${command.noun} ${command.verb}`]
  if (run === undefined) throw new HearthError('INTERNAL', `${command.noun} is in the table and nowhere else`)
  return run(invocation, io, dataFolderOf(common.data, io))
}

const helpOn = (invocation: Invocation, io: CliIo): string => {
  const paint = paintFor(wantsColour(io, io.stdout))
  const { noun, verb } = invocation.input as { noun?: string; verb?: string }
  if (noun === undefined) return overview(commandTable, paint)
  const found = commandTable.filter((command) => command.noun === noun)
  const [only] = found
  if (only === undefined) throw usage(`there is no command "${noun}"`, undefined, 'hearth help')
  const exact = verb === undefined && found.length === 1 ? only : found.find((command) => command.verb === verb)
  if (exact !== undefined && (verb !== undefined || exact.verb === undefined)) return commandHelp(exact, paint)
  const family = found.filter((command) => command.verb?.startsWith(`${verb} `))
  if (verb === undefined || family.length > 0) return nounHelp(verb === undefined ? commandTable : family, noun, paint)
  throw usage(`"${noun}" has no verb "${verb}"`, undefined, `hearth help ${noun}`)
}

const say = (io: CliIo, text: string): number => {
  io.stdout.write(`${text}\n`)
  return 0
}

const report = (error: unknown, io: CliIo, json: boolean): number => {
  const paint = paintFor(wantsColour(io, io.stderr))
  if (!(error instanceof HearthError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    io.stderr.write(`${paint.red('INTERNAL')}: ${stack}\n`)
    return errorTable.INTERNAL.exit
  }
  if (json) io.stderr.write(`${JSON.stringify({ error: { code: error.code, message: error.message } })}\n`)
  else io.stderr.write(`${paint.red(error.code)}: ${error.message}\n`)
  return errorTable[error.code].exit
}
