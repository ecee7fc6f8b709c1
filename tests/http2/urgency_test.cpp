// What a client may say of an answer's urgency. H2-050
#include "urgency.h"

#include <gtest/gtest.h>

namespace grove::http {
namespace {

TEST(Urgency, IsReadFromTheMembersOfADictionary) {
    EXPECT_EQ(urgency_of("u=0"), 0);
    EXPECT_EQ(urgency_of("u=7, i"), 7);
    EXPECT_EQ(urgency_of("i,\tu=5"), 5);
    EXPECT_EQ(urgency_of("u=1;x=2, i=?0"), 1);
    EXPECT_EQ(urgency_of("u=1, u=2"), 2) << "the last one holds (RFC 8941, section 3.2)";
}

TEST(Urgency, IsTheUsualOneWhereNoneIsSaid) {
    for (const char* const field :
         {"", "i", "u", "u=", "u=8", "u=-1", "u=10", "U=1", "u =1", "xu=1", ",,"})
        EXPECT_EQ(urgency_of(field), 3) << field;
}

}  // namespace
}  // namespace grove::http
