// What a client may say of an answer's urgency. H2-050
#include "urgency.h"

#include <gtest/gtest.h>

namespace grove::http {
namespace {

TEST(Urgency, IsReadFromTheMembersOfADictionary) {
    EXPECT_EQ(priority_of("u=0").urgency, 0);
    EXPECT_EQ(priority_of("u=7, i").urgency, 7);
    EXPECT_EQ(priority_of("i,\tu=5").urgency, 5);
    EXPECT_EQ(priority_of("u=1;x=2, i=?0").urgency, 1);
    EXPECT_EQ(priority_of("u=1, u=2").urgency, 2) << "the last one holds (RFC 8941, section 3.2)";
}

TEST(Urgency, IsOfAnAnswerThatMayBeOfUseInParts) {
    for (const char* const field : {"i", "u=7, i", "i=?1", "i=?0, i"})
        EXPECT_TRUE(priority_of(field).incremental) << field;
    for (const char* const field : {"", "u=1", "i=?0", "i, i=?0", "ii", "I", "i=1"})
        EXPECT_FALSE(priority_of(field).incremental) << field;
}

TEST(Urgency, IsTheUsualOneWhereNoneIsSaid) {
    for (const char* const field :
         {"", "i", "u", "u=", "u=8", "u=-1", "u=10", "U=1", "u =1", "xu=1", ",,"})
        EXPECT_EQ(priority_of(field).urgency, 3) << field;
}

}  // namespace
}  // namespace grove::http
