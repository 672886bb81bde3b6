import * as z from 'zod'

// The longest time that one timer can wait, in seconds.
const longestTimer = 2_147_483

/** Text for which `phraseOf` knows nothing wrong. */
export function checkedText(phraseOf: (text: string) => string | undefined): z.ZodString {
  return z.string().check((context) => {
    const phrase = phraseOf(context.value)
    if (phrase !== undefined) context.issues.push({ code: 'custom', message: phrase, input: context.value })
  })
}

/** Text of a pattern, which the JSON Schema repeats. */
export function namedText(rule: { readonly pattern: RegExp; readonly phrase: string }): z.ZodString {
  return z.string().regex(rule.pattern, rule.phrase)
}

export function wholeNumber(least: number, most: number): z.ZodInt {
  const range = `must be ${least} to ${most}`
  const whole = `must be a whole number, ${least} to ${most}`
  // Beyond 2^53 z.int() and max() both speak up, and should say the same.
  return z.int({ error: ({ code }) => code === 'invalid_type' ? whole : range }).min(least, range).max(most, range)
}

export function portNumber(): z.ZodInt {
  return wholeNumber(1, 65535)
}

export function seconds(least = 1): z.ZodInt {
  return wholeNumber(least, longestTimer)
}
