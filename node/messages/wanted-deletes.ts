/** Deletes that wait for their message, or for the right to it, by message: the newest of them. */
import type { EventId } from '../../spec/ids.ts'
import type { Entry, RedactionWanted } from '../log/log.ts'

export interface WantedDeletes {
  /** How many are kept. */
  readonly size: number
  add(target: EventId, by: EventId, deletion: Entry | RedactionWanted): void
  delete(target: EventId, by: EventId): void
  of(target: EventId): readonly (Entry | RedactionWanted)[]
  /** True: some wait for it, or may have been forgotten. */
  mayHave(target: EventId): boolean
}

/** Past `keptMax` the one that came first is forgotten: from then on the disk has to be asked. */
export const createWantedDeletes = (keptMax: number): WantedDeletes => {
  const byTarget = new Map<EventId, Map<EventId, Entry | RedactionWanted>>()
  let size = 0
  let isPartial = false

  const remove = (target: EventId, by: EventId): void => {
    const deletions = byTarget.get(target)
    if (deletions?.delete(by) === true) size--
    if (deletions?.size === 0) byTarget.delete(target)
  }

  const forgetFirst = (): void => {
    for (const [target, deletions] of byTarget) {
      for (const by of deletions.keys()) {
        isPartial = true
        return remove(target, by)
      }
    }
  }

  return {
    get size() {
      return size
    },
    add(target, by, deletion) {
      const deletions = byTarget.get(target) ?? new Map<EventId, Entry | RedactionWanted>()
      if (deletions.has(by)) return
      size++
      byTarget.set(target, deletions.set(by, deletion))
      if (size > keptMax) forgetFirst()
    },
    delete: remove,
    of: (target) => [...(byTarget.get(target)?.values() ?? [])],
    mayHave: (target) => isPartial || byTarget.has(target),
  }
}
