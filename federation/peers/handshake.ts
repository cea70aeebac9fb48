/** Who is there: HELLO both ways on `ctl`, whoever dialled opens it and speaks first (LINK-10, LINK-11). */
import { HearthError } from '../../spec/errors.ts'
import { limits } from '../../spec/limits.ts'
import type { Connection, FrameStream, Timers } from '../components.ts'
import { decodeLinkFrame, encodeBye, encodeHello, isLinkFrame, type Hello } from './link-frames.ts'

export interface Greeted {
  readonly ctl: FrameStream
  readonly hello: Hello
  /** Frames that came right behind the HELLO. */
  readonly more: readonly Uint8Array[]
}

export interface HandshakeInit {
  readonly own: () => Hello
  /** Throws PEER_REFUSED. Whoever was dialled answers only after it, so that a refused node learns nothing but why. */
  readonly admit: (hello: Hello) => Promise<void>
  readonly timers: Timers
}

/** Throws PEER_REFUSED, FRAME_INVALID, NO_ANSWER, CONNECTION_LOST; the connection is then closed, the peer told why. */
export const shakeHands = async (connection: Connection, init: HandshakeInit): Promise<Greeted> => {
  let late = false
  const stop = init.timers.after(limits.helloTimeoutMs, () => {
    late = true
    void connection.close()
  })
  let ctl: FrameStream | undefined
  let told = false
  try {
    ctl = connection.inbound ? await inboundCtl(connection) : await connection.open('ctl')
    if (!connection.inbound) await ctl.write([encodeHello(init.own())])
    const greeted = await readHello(ctl, () => {
      told = true
    })
    await init.admit(greeted.hello)
    if (connection.inbound) await ctl.write([encodeHello(init.own())])
    return { ctl, ...greeted }
  } catch (error) {
    if (late) throw new HearthError('NO_ANSWER', 'the other side did not say who it is in time', { cause: error })
    if (error instanceof HearthError && ctl !== undefined && !told) {
      await sayBye(connection, ctl, { reason: error, timers: init.timers })
    } else await connection.close()
    throw error
  } finally {
    stop()
  }
}

/** LINK-13: the reason, then the connection is closed: by the peer when it has read it, by us a second later. */
export const sayBye = async (
  connection: Pick<Connection, 'close' | 'closed'>,
  ctl: FrameStream,
  { reason, timers }: { readonly reason: HearthError; readonly timers: Timers },
): Promise<void> => {
  const read = async (): Promise<void> => {
    await ctl.write([encodeBye(reason.code, reason.message)])
    await connection.closed
  }
  let stop = (): void => undefined
  const late = new Promise<void>((resolve) => {
    stop = timers.after(byeMs, resolve)
  })
  await Promise.race([read().catch(() => undefined), late])
  stop()
  await connection.close()
}

const byeMs = 1_000

const inboundCtl = (connection: Connection): Promise<FrameStream> =>
  new Promise((resolve, reject) => {
    let first = true
    connection.onStream('ctl', (stream) => {
      if (first) resolve(stream)
      else stream.abort(new HearthError('PEER_REFUSED', 'there is one ctl stream on a connection'))
      first = false
    })
    void connection.closed.then(() => reject(new HearthError('CONNECTION_LOST', 'closed before it said who it is')))
  })

/** `onBye`: the peer has said why it closes; there is nothing to answer. */
const readHello = async (
  ctl: FrameStream,
  onBye: () => void,
): Promise<{ hello: Hello; more: readonly Uint8Array[] }> => {
  const [first, ...more] = (await ctl.read()) ?? []
  if (first === undefined) throw new HearthError('CONNECTION_LOST', 'closed before it said who it is')
  const frame = isLinkFrame(first) ? decodeLinkFrame(first) : undefined
  if (frame?.type === 'hello') return { hello: frame.hello, more }
  if (frame?.type === 'bye') {
    onBye()
    throw new HearthError('PEER_REFUSED', `it refused us: ${frame.detail}`)
  }
  throw new HearthError('FRAME_INVALID', 'it spoke before it said who it is')
}
