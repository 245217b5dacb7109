/* Sessions with an interpreter: >>> h = sig(z); h and below it what was printed. */
#ifndef AUDIT_SESSION_H
#define AUDIT_SESSION_H

/* In place, so that places stay: >>> and np.array are blanked, and where a line's last statement is a
 * name whose value the next line prints, an = stands at the line's end. Texts without a session are
 * left alone. */
void cr_session_prepare(char *s);

/* Whether a line that begins here, spaces aside, is one of a session. */
int cr_session_prompt(const char *s);

#endif
