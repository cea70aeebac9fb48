import { HearthError } from '../../spec/errors.ts'
import { connectAdmin } from '../admin/admin-client.ts'
import { commandName } from '../admin/command.ts'
import type { Command, CommandIo, DataCommand, NodeCommand, Row } from '../admin/command.ts'
import { argumentMeta } from '../admin/command.ts'
import type { Progress } from '../admin/components.ts'
import { kebab } from '../config/settings.ts'
import { layoutOf } from '../data-folder/layout.ts'
import { askPassword, confirm, passwordFromStdin } from './ask.ts'
import { dataFolderOf } from './data-folder.ts'
import { paintFor, wantsColour } from './io.ts'
import type { CliIo } from './io.ts'
import type { Invocation } from './parse.ts'
import { usage } from './parse.ts'
import { jsonText, recordText, streamText, tableText } from './print.ts'
import { progressLine } from './progress.ts'

const interruptedExit = 130

/** Runs a command in the node that is up; a data command on the folder itself when none is. */
export const runRemote = async (
  command: NodeCommand | DataCommand,
  invocation: Invocation,
  io: CliIo,
): Promise<number> => {
  const folder = dataFolderOf(invocation.common.data, io)
  const input = checked(command, await withPassword(command, invocation, io))
  await confirmed(command, { input, yes: invocation.common.yes === true }, io)

  const interrupt = new AbortController()
  const release = io.onInterrupt(() => interrupt.abort())
  const out = output(command, { json: invocation.common.json === true }, io)
  const call: CommandIo = { row: out.row, progress: out.progress, signal: interrupt.signal }
  try {
    const result = await execute(command, { folder, input, call })
    if (interrupt.signal.aborted) return interruptedExit
    out.end(result, input)
    return command.exit?.(result) ?? 0
  } catch (error) {
    if (interrupt.signal.aborted) return interruptedExit
    throw error
  } finally {
    out.close()
    release()
  }
}

const execute = async (
  command: NodeCommand | DataCommand,
  how: { readonly folder: string; readonly input: Row; readonly call: CommandIo },
): Promise<Row> => {
  await using client = await connectAdmin(layoutOf(how.folder).adminSocket)
  if (client !== undefined) return await client.call(commandName(command), how.input, how.call)
  if (command.runs === 'node') throw nodeDown(how.folder)
  const { openStopped } = await import('../stopped-node.ts')
  await using stopped = await openStopped(how.folder)
  return (await command.run(stopped, command.args.parse(how.input) as never, how.call)) ?? {}
}

export const nodeDown = (folder: string): HearthError =>
  new HearthError(
    'NODE_DOWN',
    `no node runs on ${folder}; start it with \`hearth up --data ${folder}\`, or name another folder with --data`,
  )

/** The input as the node takes it. Throws BAD_REQUEST with the flag or word that is wrong. */
export const checked = (command: Command, input: Row): Row => {
  const parsed = command.args.safeParse(input)
  if (parsed.success) return input
  const [issue] = parsed.error.issues
  const key = String(issue?.path[0] ?? '')
  const schema = command.args.shape[key]
  if (issue === undefined || schema === undefined) throw usage(parsed.error.message)
  const { position, placeholder, description } = argumentMeta(schema)
  const name = position === undefined ? `--${kebab(key)}` : (placeholder ?? key)
  const help = `hearth ${commandName(command)} --help`
  if (input[key] === undefined) throw usage(`${name} is missing: ${description}`, undefined, help)
  throw usage(`${name} ${JSON.stringify(input[key])}: ${issue.message} (${description})`, undefined, help)
}

const withPassword = async (command: Command, invocation: Invocation, io: CliIo): Promise<Row> => {
  const { input } = invocation
  const secret = Object.entries(command.args.shape).find(([, schema]) => argumentMeta(schema).secret === 'password')
  if (secret === undefined) return input
  if (invocation.passwordFromStdin) return { ...input, [secret[0]]: await passwordFromStdin(io) }
  const user = input['user']
  if (io.stdin.isTTY !== true || typeof user !== 'string') return input
  const password = await askPassword(io, user)
  return password === undefined ? input : { ...input, [secret[0]]: password }
}

export const confirmed = async (
  command: Command,
  how: { readonly input: Row; readonly yes: boolean },
  io: CliIo,
): Promise<void> => {
  const question = command.destroys?.(how.input) ?? ''
  if (question === '' || how.yes) return
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) {
    throw usage(`${question} Say --yes to do it without being asked.`)
  }
  if (!(await confirm(io, question))) throw new HearthError('BAD_REQUEST', 'not confirmed; nothing was changed')
}

/** Where rows, progress and the result of one command go. */
const output = (command: NodeCommand | DataCommand, how: { readonly json: boolean }, io: CliIo) => {
  const paint = paintFor(wantsColour(io, io.stdout))
  const rows: Row[] = []
  const columns = command.columns ?? []
  const progress = progressLine(io)
  const write = (text: string): void => void io.stdout.write(`${text}\n`)
  return {
    row: async (row: Row): Promise<void> => {
      if (command.shape === 'rows') rows.push(row)
      else write(how.json ? JSON.stringify(row) : streamText(columns, row))
    },
    progress: (report: Progress): void => progress.show(report),
    end: (result: Row, input: Row): void => {
      progress.clear()
      if (command.shape === 'stream') return
      if (command.shape === 'rows' && rows.length === 0 && !how.json) io.stderr.write('none\n')
      else if (command.shape === 'rows') write(how.json ? jsonText(rows, io.stdout) : tableText(columns, rows, paint))
      else if (how.json) write(jsonText(result, io.stdout))
      else write(command.text?.(result, input) ?? recordText(result, paint))
    },
    close: (): void => progress.clear(),
  }
}
