/** SIGN-3: what a member of this node signed is checked where the node takes it. */
import { holds, wordsSigned, type AuthorSignature, type Words } from '../../spec/author.ts'
import { HearthError } from '../../spec/errors.ts'
import type { NodeId, UserName } from '../../spec/ids.ts'
import { createVerify } from '../crypto.ts'

/** Throws SIGNATURE_INVALID. */
export type CheckSignature = (user: UserName, words: Words, signature: AuthorSignature) => void

export const createCheckSignature = (
  accounts: { isKey(user: UserName, key: string): boolean },
  { nodeId }: { readonly nodeId: NodeId },
): CheckSignature => {
  const verify = createVerify()
  return (user, words, signature) => {
    if (!accounts.isKey(user, signature.key)) {
      throw new HearthError('SIGNATURE_INVALID', 'it is signed by a key that none of your devices has')
    }
    if (!holds(signature, wordsSigned({ node: nodeId, user }, words), verify)) {
      throw new HearthError('SIGNATURE_INVALID')
    }
  }
}
