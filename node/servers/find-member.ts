import { HearthError } from '../../spec/errors.ts'
import type { Acting, Community } from './community.ts'

/** `alice` of this node, or `alice@node`. NOT_FOUND: not a member now. */
export const findMember = (community: Community, name: string): Acting => {
  const author = community.authorOfAddress(name)
  const who = author === undefined ? undefined : community.acting(author)
  if (who !== undefined) return who
  throw new HearthError('NOT_FOUND', `${name} is no member of ${community.info.handle}`)
}

/** NOT_ALLOWED: one acts on those of lower rank only (GOV-8). */
export const checkBelow = (who: Acting, target: Acting, name: string): void => {
  if (target.grant.rank > who.grant.rank) return
  throw new HearthError(
    'NOT_ALLOWED',
    `${name} stands at your rank or above (${target.grant.rank}, you ${who.grant.rank})`,
  )
}
