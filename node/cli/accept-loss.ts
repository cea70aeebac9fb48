import { findCommand } from '../admin/table.ts'
import type { CliIo } from './io.ts'
import type { Invocation } from './parse.ts'
import { jsonText } from './print.ts'
import { confirmed } from './remote.ts'

/** Lets a log open that lost its end: nothing is deleted, the high-water mark is set to what is there. */
export const acceptLoss = async (invocation: Invocation, io: CliIo, folder: string): Promise<number> => {
  const command = findCommand('log accept-loss')
  if (command !== undefined) {
    await confirmed(command, { input: invocation.input, yes: invocation.common.yes === true }, io)
  }
  const { acceptStoppedLoss } = await import('../stopped-node.ts')
  const accepted = await acceptStoppedLoss(folder)
  if (invocation.common.json === true) io.stdout.write(`${jsonText(accepted, io.stdout)}\n`)
  else io.stdout.write(`the log goes on after entry ${accepted.position}; ${accepted.lost} are given up\n`)
  return 0
}
