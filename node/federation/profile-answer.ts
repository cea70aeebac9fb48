/** NCALL-12: what this node says about its people, to nodes whose people may read it (PROF-1). */
import { answerNode, type NodeCallHandler } from '../../federation/calls/create-calls.ts'
import { HearthError } from '../../spec/errors.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { profileShowNodeCall } from '../../spec/node-calls/profile.show.ts'
import type { Profiles } from '../profiles/profiles.ts'

export interface ProfileAnswerComponents {
  readonly profiles: Pick<Profiles, 'show' | 'tag'>
  /** Is there a friend of the user at that node, or somebody of a shared server? False: there is no such user. */
  readonly isFor: (user: UserName, node: NodeId) => boolean
}

export const profileAnswer = ({ profiles, isFor }: ProfileAnswerComponents): NodeCallHandler =>
  answerNode(profileShowNodeCall, async ({ nodeId }, { user, tag: held }) => {
    if (!isFor(user, nodeId)) throw new HearthError('NOT_FOUND', 'there is no such person')
    const tag = profiles.tag(user)
    if (tag === undefined) return {}
    if (held !== undefined && Buffer.compare(held, tag) === 0) return { tag, same: true }
    const { name, about, pronouns, avatar } = await profiles.show(user)
    return {
      tag,
      name,
      ...(about !== undefined && { about }),
      ...(pronouns !== undefined && { pronouns }),
      ...(avatar !== undefined && { avatar: Uint8Array.from(Buffer.from(avatar.data, 'base64')) }),
    }
  })
