/** Where a grant ends: positions, since those can't be backdated (GOV-11, GOV-12). */
import type { FeedId } from '../ids.ts'
import type { AuthorKey } from './names.ts'

/** What each revoker cut one grant to. */
export type Cuts = Map<AuthorKey, ReadonlyMap<FeedId, number>[]>

/**
 * GOV-11: what one revoker says adds up, the highest position counts; of several revokers the lowest counts.
 * `except`: a revoker who is not asked.
 */
export const isWithin = (
  cuts: Cuts,
  event: { readonly feed: FeedId; readonly seq: number },
  except: AuthorKey | undefined,
): boolean => {
  for (const [revoker, said] of cuts) {
    if (revoker !== except && !said.some((positions) => event.seq <= (positions.get(event.feed) ?? 0))) return false
  }
  return true
}
