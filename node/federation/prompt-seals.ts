/** What other nodes wait for is sealed in its own batch; what stays here waits for the log's own flush (SEAL-1). */
import type { Directory } from '../../federation/components.ts'
import type { ChannelId } from '../../spec/ids.ts'
import type { Log } from '../log/log.ts'

export interface PromptSealsComponents {
  readonly log: Pick<Log, 'sealPromptly'>
  readonly directory: Pick<Directory, 'peersOf' | 'onChanged'>
}

/** Channels that another node serves, too. Returns the stop. */
export const sealPromptly = ({ log, directory }: PromptSealsComponents): (() => void) => {
  /** At most one for each channel of this node. */
  const shared = new Map<ChannelId, boolean>()
  const isShared = (channel: ChannelId): boolean => {
    const known = shared.get(channel)
    if (known !== undefined) return known
    const found = directory.peersOf(channel).length > 0
    shared.set(channel, found)
    return found
  }
  const stops = [directory.onChanged(() => shared.clear()), log.sealPromptly(isShared)]
  return () => {
    for (const stop of stops) stop()
  }
}
