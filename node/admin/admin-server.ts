import { chmod, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { z } from 'zod'
import type { Logger } from '../../broker/components.ts'
import { HearthError } from '../../spec/errors.ts'
import type { Command, CommandIo } from './command.ts'
import type { NodeAdmin } from './components.ts'
import { adminLimits, decodeRequest, encodeLine, errorReply, linesOf } from './protocol.ts'
import type { Reply } from './protocol.ts'
import { findCommand } from './table.ts'

export interface AdminServer extends AsyncDisposable {
  start(): Promise<void>
  /** Cancels what runs and closes. */
  stop(): Promise<void>
}

/**
 * The admin door: a unix socket (mode 0600) in the data folder. Whoever may open it is the operator of the
 * node. `start` throws what `listen` throws.
 */
export const createAdminServer = (
  components: { readonly node: NodeAdmin; readonly logger: Logger },
  init: { readonly path: string; readonly find?: (name: string) => Command | undefined },
): AdminServer => {
  const sockets = new Set<Socket>()
  let server: Server | undefined
  const stop = async (): Promise<void> => {
    const closing = server
    server = undefined
    for (const socket of sockets) socket.destroy()
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve))
  }
  return {
    start: async () => {
      // The lock of the folder is ours, so a socket file left there is of a dead node.
      await rm(init.path, { force: true })
      const listening = createServer((socket) => {
        if (sockets.size >= adminLimits.connectionsMax) {
          socket.destroy()
          return
        }
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
        void serve(socket, components, init.find ?? findCommand)
      })
      await new Promise<void>((resolve, reject) => {
        listening.once('error', reject)
        listening.listen(init.path, resolve)
      })
      await chmod(init.path, 0o600)
      server = listening
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const serve = async (
  socket: Socket,
  components: { readonly node: NodeAdmin; readonly logger: Logger },
  find: (name: string) => Command | undefined,
): Promise<void> => {
  const running = new Map<number, AbortController>()
  const closed = new AbortController()
  socket.on('error', () => socket.destroy())
  socket.once('close', () => closed.abort())
  closed.signal.addEventListener('abort', () => {
    for (const call of running.values()) call.abort()
  })
  const send = async (reply: Reply): Promise<void> => {
    const line = encodeLine(reply)
    if (Buffer.byteLength(line) > adminLimits.replyBytesMax) {
      throw new HearthError('PACKET_TOO_LARGE', 'the answer is longer than the admin protocol allows')
    }
    if (!socket.destroyed) socket.write(line)
    if (socket.writableLength > adminLimits.unreadBytesMax) await drained(socket)
  }
  const answer = async (id: number, name: string, input: Record<string, unknown>): Promise<void> => {
    const call = new AbortController()
    running.set(id, call)
    const started = performance.now()
    try {
      const io: CommandIo = {
        row: (row) => send({ id, row }),
        progress: (progress) => void send({ id, progress }).catch(() => undefined),
        signal: call.signal,
      }
      const result = await runCommand(find(name), name, { node: components.node, input, io })
      await send({ id, result })
      components.logger.debug({ call: name, ms: Math.round(performance.now() - started) }, 'admin call')
    } catch (error) {
      if (!(error instanceof HearthError) && !call.signal.aborted) {
        components.logger.error({ call: name, err: error }, 'an admin call failed')
      }
      await send(errorReply(id, error)).catch(() => undefined)
    } finally {
      running.delete(id)
    }
  }
  try {
    for await (const line of linesOf(socket, adminLimits.requestBytesMax)) {
      const request = decodeRequest(line)
      if ('cancel' in request) {
        running.get(request.id)?.abort()
        continue
      }
      if (running.has(request.id)) throw new HearthError('BAD_REQUEST', `call ${request.id} already runs`)
      if (running.size >= adminLimits.callsAtATimeMax) {
        await send(errorReply(request.id, new HearthError('RATE_LIMITED', 'too many calls at a time')))
        continue
      }
      void answer(request.id, request.call, request.input)
    }
    // Half-closed: the answers still go out.
  } catch (error) {
    socket.end(encodeLine(errorReply(1, error)))
    components.logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'admin connection ended')
  }
}

const runCommand = async (
  command: Command | undefined,
  name: string,
  call: { readonly node: NodeAdmin; readonly input: Record<string, unknown>; readonly io: CommandIo },
): Promise<Record<string, unknown> | null> => {
  if (command === undefined || command.runs === 'here') {
    throw new HearthError('NOT_FOUND', `the node does not know the command "${name}"; is it of another version?`)
  }
  const parsed = command.args.safeParse(call.input)
  if (!parsed.success) throw new HearthError('BAD_REQUEST', `${name}: ${z.prettifyError(parsed.error)}`)
  return { ...(await command.run(call.node, parsed.data as never, call.io)) }
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
