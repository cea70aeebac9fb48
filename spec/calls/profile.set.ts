import { z } from 'zod'
import { serverRef } from '../community.ts'
import { limits } from '../limits.ts'
import { aboutText, displayName, profileJson, pronounsText } from '../profile.ts'
import { defineCall } from './call.ts'

/** PROF-1 to PROF-6. Null takes a part away. NOT_FOUND: the server. */
export const profileSet = defineCall({
  method: 'profile.set',
  summary: 'Say who you are: name, about, pronouns, avatar; or what you are called in one server',
  errors: ['NOT_FOUND'],
  token: 'none',
  input: z
    .strictObject({
      name: displayName.nullable().optional(),
      about: aboutText.nullable().optional(),
      pronouns: pronounsText.nullable().optional(),
      avatar: z
        .base64()
        .max(4 * Math.ceil(limits.avatarBytesMax / 3))
        .nullable()
        .optional()
        .describe('PNG, JPEG or WebP in base64.'),
      server: serverRef.optional().describe('Whose members call you `nickname`.'),
      nickname: displayName.nullable().optional(),
    })
    .refine(({ server, nickname }) => (server === undefined) === (nickname === undefined), {
      error: 'a nickname needs its server',
    }),
  output: profileJson,
})
