/** Being reachable through friendly nodes (LINK-9): a reservation on each, made anew for ever. */
import type { Libp2pNode } from './libp2p-node.ts'
import { reasonOf } from './connection.ts'
import type { Logger } from './network.ts'

/** Returns the stop. A relay that is away is asked again after 5 s, later after up to a minute. */
export const keepRelays = (libp2p: Libp2pNode, relays: readonly string[], logger: Logger): (() => void) => {
  const stops = relays.map((relay) => keepRelay(libp2p, relay, logger))
  return () => stops.forEach((stop) => stop())
}

const retryMs = { least: 5_000, most: 60_000 }

const keepRelay = ({ node, transports, multiaddr }: Libp2pNode, relay: string, logger: Logger): (() => void) => {
  const address = multiaddr(`${relay}/p2p-circuit`)
  const relayId = /\/p2p\/([^/]+)$/.exec(relay)?.[1] ?? ''
  const reserved = (): boolean =>
    node.getMultiaddrs().some((own) => own.toString().includes(`/p2p/${relayId}/p2p-circuit`))
  let listener: ReturnType<typeof transports.getListeners>[number] | undefined
  let pause = retryMs.least
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  /** A listener stays with libp2p whether it got its reservation or not: the same one is used again. */
  const listen = async (): Promise<void> => {
    if (listener !== undefined) return listener.listen(address)
    const before = new Set(transports.getListeners())
    const listening = transports.listen([address])
    listener = transports.getListeners().find((one) => !before.has(one))
    return listening
  }

  const look = async (): Promise<void> => {
    if (reserved()) pause = retryMs.least
    else {
      try {
        await listen()
        logger.info({ relay }, 'reachable through a relay')
        pause = retryMs.least
      } catch (error) {
        logger.warn({ relay, reason: reasonOf(error), againMs: pause }, 'the relay does not take us')
        pause = Math.min(pause * 2, retryMs.most)
      }
    }
    if (!stopped) timer = setTimeout(() => void look(), pause).unref()
  }
  void look()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
