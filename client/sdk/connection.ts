import { HearthError } from '../../spec/errors.ts'
import type { BackOff } from './back-off.ts'
import type { Link, SdkComponents } from './components.ts'
import { isFinal } from './named-error.ts'

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'catching-up' }
  | { readonly kind: 'online' }
  | { readonly kind: 'waiting'; readonly error: HearthError; readonly retryMs: number }
  /** For good: by `close()`, or by an error that another attempt would only repeat. */
  | { readonly kind: 'closed'; readonly error: HearthError | undefined }

export interface ConnectionInit {
  /** One attempt. Rejects with a HearthError. */
  readonly open: () => Promise<Link>
  /** Subscribes and catches up; a rejection ends this link and counts as a failed attempt. */
  readonly onUp: (link: Link) => Promise<void>
  readonly onDown: (error: HearthError) => void
  readonly onState: (state: ConnectionState) => void
  /** Do not wait for the first attempt, nor throw what it ends with: it is retried like any other. */
  readonly startOffline: boolean
}

export interface Connection {
  readonly state: ConnectionState
  /** Undefined between two links. */
  readonly link: Link | undefined
  close(): Promise<void>
}

/** Keeps one link up, for ever. Throws when the first attempt fails, unless it starts offline. */
export const openConnection = async (
  components: Pick<SdkComponents, 'delay'> & { readonly backOff: BackOff },
  { open, onUp, onDown, onState, startOffline }: ConnectionInit,
): Promise<Connection> => {
  const { backOff } = components
  const closing = new AbortController()
  let state: ConnectionState = { kind: 'connecting' }
  let link: Link | undefined

  const become = (next: ConnectionState): void => {
    state = next
    onState(next)
  }

  const serve = async (current: Link): Promise<HearthError> => {
    link = current
    become({ kind: 'catching-up' })
    try {
      const up = onUp(current)
      // what onUp still waits for fails once onDown has told of the end
      const lost = await Promise.race([up.then(() => undefined), current.ended])
      if (lost !== undefined) {
        up.catch(() => undefined)
        return lost
      }
      backOff.reset()
      become({ kind: 'online' })
      return await current.ended
    } catch (error) {
      await current.close()
      const fault = hearthErrorOf(error)
      return fault.code === 'CONNECTION_LOST' ? await current.ended : fault
    } finally {
      link = undefined
    }
  }

  const reconnect = async (lastError: HearthError): Promise<Link | undefined> => {
    let error = lastError
    while (!closing.signal.aborted && !isFinal(error)) {
      const retryMs = backOff.nextMs()
      become({ kind: 'waiting', error, retryMs })
      await components.delay(retryMs, closing.signal)
      if (closing.signal.aborted) break
      become({ kind: 'connecting' })
      try {
        const opened = await open()
        if (!closing.signal.aborted) return opened
        await opened.close()
      } catch (fault) {
        error = hearthErrorOf(fault)
      }
    }
    become({ kind: 'closed', error: closing.signal.aborted ? undefined : error })
    return undefined
  }

  const openFirst = async (): Promise<Link | undefined> => {
    try {
      const opened = await open()
      if (!closing.signal.aborted) return opened
      await opened.close()
      become({ kind: 'closed', error: undefined })
      return undefined
    } catch (fault) {
      return reconnect(hearthErrorOf(fault))
    }
  }

  const run = async (first: Promise<Link | undefined>): Promise<void> => {
    let next = await first
    while (next !== undefined) {
      const error = await serve(next)
      onDown(error)
      next = await reconnect(error)
    }
  }

  const first = startOffline ? openFirst() : Promise.resolve(await open())
  const running = run(first)
  return {
    get state() {
      return state
    },
    get link() {
      return link
    },
    close: async () => {
      closing.abort()
      await link?.close()
      await running
    },
  }
}

const hearthErrorOf = (error: unknown): HearthError => {
  if (error instanceof HearthError) return error
  throw error
}
