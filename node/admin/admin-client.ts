import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { HearthError } from '../../spec/errors.ts'
import type { CommandIo, Row } from './command.ts'
import { adminLimits, decodeReply, encodeLine, errorFrom, linesOf } from './protocol.ts'

export interface AdminClient extends AsyncDisposable {
  /**
   * Runs a command in the node; rows and progress go to `io` in order. Aborting `io.signal` cancels it there.
   * Throws the node's named error, or NODE_DOWN when the connection ends first. Calls made together run one by one.
   */
  call(name: string, input: Row, io: CommandIo): Promise<Row>
}

/** Connects to the node behind a socket; undefined when none listens there. */
export const connectAdmin = async (path: string): Promise<AdminClient | undefined> => {
  const socket = await open(path)
  return socket === undefined ? undefined : clientOn(socket)
}

const clientOn = (socket: Socket): AdminClient => {
  const lines = linesOf(socket, adminLimits.replyBytesMax)
  let calls = 0
  let turn: Promise<unknown> = Promise.resolve()
  const ask = async (id: number, name: string, input: Row, io: CommandIo): Promise<Row> => {
    const cancel = (): void => void socket.write(encodeLine({ id, cancel: true }))
    io.signal.addEventListener('abort', cancel, { once: true })
    try {
      socket.write(encodeLine({ id, call: name, input: { ...input } }))
      return await replies(lines, id, io)
    } finally {
      io.signal.removeEventListener('abort', cancel)
    }
  }
  return {
    call: (name, input, io) => {
      calls += 1
      const id = calls
      const answer = turn.then(() => ask(id, name, input, io))
      turn = answer.catch(() => undefined)
      return answer
    },
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
    },
  }
}

const replies = async (lines: AsyncGenerator<string>, id: number, io: CommandIo): Promise<Row> => {
  for (;;) {
    const line = await lines.next().catch(() => ({ done: true, value: undefined }) as const)
    if (line.done === true) throw new HearthError('NODE_DOWN', 'the node went away before it answered')
    const reply = decodeReply(line.value)
    if (reply.id !== id) continue
    if ('row' in reply) await io.row(reply.row)
    else if ('progress' in reply) io.progress(reply.progress)
    else if ('error' in reply) throw errorFrom(reply.error)
    else return reply.result ?? {}
  }
}

const open = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.on('error', () => socket.destroy())
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR') resolve(undefined)
      else if (error.code === 'EACCES') {
        reject(new HearthError('NOT_ALLOWED', `the node belongs to another user: no access to ${path}`))
      } else reject(error)
    })
  })
