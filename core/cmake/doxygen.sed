# What Doxygen reads in place of a header: copies, moves, the members that the standard asks of an iterator, and
# constructors that grove alone calls say nothing there; everything else is to say what it does.
/^ *\/\//b
s/^( *)(.*= default;)$/\1\/** @private *\/ \2/
s/^( *)((explicit )?([A-Za-z]+)\((const \4\&|\4\&\&)( other)?\).*)$/\1\/** @private *\/ \2/
s/^( *)([A-Za-z]+\& operator=\(.*)$/\1\/** @private *\/ \2/
s/^( *)((friend )?bool operator==.*)$/\1\/** @private *\/ \2/
s/^( *)((void|[A-Za-z]*Iterator\&?) operator\+\+.*)$/\1\/** @private *\/ \2/
s/^( *)(using (iterator_concept|value_type|difference_type) .*)$/\1\/** @private *\/ \2/
s/^( *)(explicit [A-Za-z]*Iterator\(.*)$/\1\/** @private *\/ \2/
s/^( *)(explicit [A-Za-z]+\((detail::|Exchange|ImapHold|ServedRequest|ThreadOutcome).*)$/\1\/** @private *\/ \2/
# Doxygen 1.9 takes an expression over a pack for a second concept.
s/ && \.\.\.\)/)/
/^ *std::invocable<std::decay_t<F>&, Item</s/.*/ true;/
