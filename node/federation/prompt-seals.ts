/** What other nodes wait for is sealed with its batch; what stays here waits for the log's own flush (SEAL-1, SYNC). */
import type { Directory } from '../../federation/components.ts'
import type { ChannelId, NodeId } from '../../spec/ids.ts'
import type { Log } from '../log/log.ts'

export interface PromptSealsComponents {
  readonly log: Pick<Log, 'onCommitted' | 'seal'>
  readonly directory: Pick<Directory, 'peersOf' | 'onChanged'>
}

/** One seal is under way at a time, so batches that come meanwhile share the next signature. Returns the stop. */
export const sealPromptly = ({ log, directory }: PromptSealsComponents, nodeId: NodeId): (() => void) => {
  const shared = new Map<ChannelId, boolean>()
  let isSealing = false
  let isDue = false

  const isShared = (channel: ChannelId): boolean => {
    const known = shared.get(channel)
    if (known !== undefined) return known
    const found = directory.peersOf(channel).length > 0
    shared.set(channel, found)
    return found
  }
  const seal = (): void => {
    isDue = isSealing
    if (isSealing) return
    isSealing = true
    // A seal that fails is tried again by the log's own flush.
    void log
      .seal()
      .catch(() => undefined)
      .finally(() => {
        isSealing = false
        if (isDue) seal()
      })
  }

  const stops = [
    directory.onChanged(() => shared.clear()),
    log.onCommitted((entries) => {
      if (entries.some(({ node, channel }) => node === nodeId && isShared(channel))) seal()
    }),
  ]
  return () => {
    isDue = false
    for (const stop of stops) stop()
  }
}
