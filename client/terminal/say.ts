import { HearthError } from '../../spec/errors.ts'
import type { Session } from '../sdk/index.ts'
import type { Channel } from './places.ts'
import type { ChatIo } from './terminal-io.ts'

/** Says one text; returns when the node has it on disk. Throws the named error of its refusal. */
export const say = async (
  io: ChatIo,
  session: Session,
  { channel, text, json }: { readonly channel: Channel; readonly text: string; readonly json: boolean },
): Promise<void> => {
  const outgoing = session.send(channel.id, text)
  const gaveUp = Promise.withResolvers<never>()
  // a script does not wait for the next connection
  const stop = session.onChange((change) => {
    if (change.kind === 'state' && 'error' in change.state)
      gaveUp.reject(change.state.error ?? new HearthError('CONNECTION_LOST'))
  })
  try {
    const { id, error } = await Promise.race([outgoing, gaveUp.promise])
    if (error !== undefined) throw error
    if (json) io.stdout.write(`${JSON.stringify({ status: 'stored', id, channel: channel.id })}\n`)
  } finally {
    stop()
  }
}
