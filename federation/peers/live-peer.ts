/** One authenticated connection as a peer: its streams metered, its pings, its end. */
import type { HearthError } from '../../spec/errors.ts'
import { limits } from '../../spec/limits.ts'
import type { FrameStream, Peer, Timers } from '../components.ts'
import type { MeteredBudget } from './budget.ts'
import type { PeerClock } from './components.ts'
import { createCtl, type Ctl } from './ctl.ts'
import type { Line } from './duplicates.ts'
import { sayBye, type Greeted } from './handshake.ts'
import { meterStream, type Traffic } from './metered-stream.ts'
import type { PeerConnection } from './peer-connection.ts'

export interface LivePeer {
  readonly peer: Peer
  readonly line: Line
  readonly sinceMs: number
  readonly ctl: Ctl
  /** Its streams are handed out from now on, and the pings begin. */
  begin(): void
  /** After a PING: undefined when no PONG came within `ms`. */
  ping(ms: number): Promise<number | undefined>
  /** Tells the peer why, then closes. */
  end(reason: HearthError): Promise<void>
}

export interface LivePeerInit {
  readonly connection: PeerConnection
  readonly greeted: Greeted
  readonly line: Line
  readonly name: string
  readonly budget: MeteredBudget
  readonly traffic: Traffic
  readonly timers: Timers
  readonly clock: PeerClock
  /** The peer closes and says why. */
  readonly onBye: (code: string, detail: string) => void
  /** Nothing was heard of it for too long (LINK-15). */
  readonly onSilence: () => void
}

export const createLivePeer = (init: LivePeerInit): LivePeer => {
  const { connection, greeted, budget, traffic, timers, clock } = init
  const { hello } = greeted
  const meter = (stream: FrameStream): FrameStream =>
    meterStream(stream, { budget, traffic, monotonicMs: clock.monotonicMs })
  const ctl = createCtl(meter(greeted.ctl), {
    clock,
    more: greeted.more,
    onBye: init.onBye,
    onFault: (points, reason) => budget.fault(points, reason),
  })
  let cancelBeat = (): void => undefined

  const beat = (): void => {
    const silentMs = clock.monotonicMs() - traffic.heardMs
    if (silentMs > limits.peerSilenceMaxMs && budget.throttled() === undefined) {
      init.onSilence()
      return
    }
    ctl.ping()
    cancelBeat = timers.after(limits.peerPingMs, beat)
  }
  void connection.closed.then(() => cancelBeat())

  return {
    line: init.line,
    sinceMs: clock.now(),
    ctl,
    peer: {
      nodeId: hello.nodeId,
      key: connection.remoteKey,
      name: init.name,
      capabilities: hello.capabilities,
      connection,
      ctl: ctl.stream,
      budget,
      clockOffsetMs: ctl.clockOffsetMs,
      closed: connection.closed,
    },
    begin() {
      traffic.heardMs = clock.monotonicMs()
      connection.admit(meter)
      ctl.begin()
      beat()
    },
    ping: (ms) =>
      new Promise((resolve) => {
        const cancel = timers.after(ms, () => resolve(undefined))
        ctl.ping((rttMs) => {
          cancel()
          resolve(rttMs)
        })
      }),
    async end(reason) {
      cancelBeat()
      await sayBye(connection, greeted.ctl, { reason, timers })
    },
  }
}
