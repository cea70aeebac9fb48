import { z } from 'zod'
import { userNameField } from '../account.ts'
import { profileTagBytes } from '../presence-whisper.ts'
import { aboutText, displayName, pronounsText, readAvatar } from '../profile.ts'
import { defineNodeCall } from './node-call.ts'

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

const tag = z.custom<Uint8Array>((value) => isBytes(value) && value.length === profileTagBytes, 'is not 8 bytes')
const image = z.custom<Uint8Array>(
  (value) => isBytes(value) && readAvatar(value) !== undefined,
  'is no image of PROF-4',
)

/** NCALL-12 */
export const profileShowNodeCall = defineNodeCall({
  method: 'profile.show',
  input: z.strictObject({
    user: userNameField,
    /** Of what the caller has: it need not come again. */
    tag: tag.optional(),
  }),
  output: z.object({
    tag: tag.optional(),
    /** True: it is as the caller has it, and nothing more is said. */
    same: z.boolean().optional(),
    name: displayName.optional(),
    about: aboutText.optional(),
    pronouns: pronounsText.optional(),
    avatar: image.optional(),
  }),
})
export type ProfileAnswer = z.output<typeof profileShowNodeCall.output>
